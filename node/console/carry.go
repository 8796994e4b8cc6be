package console

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	// piece is what is passed on at once, in bytes; nothing more of a guest is
	// ever held.
	piece = 16 << 10
	// maxMessage bounds one message of the caller: a screen's clipboard is the largest.
	maxMessage = 1 << 20
	// sendLimit is how long the other side may take nothing.
	sendLimit = 30 * time.Second
	// pingEvery finds callers that went without a word.
	pingEvery = 15 * time.Second
)

// StatusTakenOver closes a WebSocket whose console was opened elsewhere.
const StatusTakenOver websocket.StatusCode = 4000

// carry passes bytes on both ways until one side ends or the right does, and
// says why.
func (d *Desk) carry(s *seat, caller *websocket.Conn, guest net.Conn) error {
	caller.SetReadLimit(maxMessage)
	// The WebSocket's own context is not ended before its closing words are said.
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.ctx))
	var all sync.WaitGroup
	all.Go(func() { s.end(show(ctx, caller, guest)) })
	all.Go(func() { s.end(enter(ctx, caller, guest)) })
	all.Go(func() { s.end(d.watch(s.ctx, ctx, caller, s.right)) })
	<-s.ctx.Done()
	why := context.Cause(s.ctx)
	_ = caller.Close(status(why), inFrame(why.Error()))
	cancel()
	_ = guest.Close()
	all.Wait()
	_ = caller.CloseNow()
	return why
}

func status(why error) websocket.StatusCode {
	switch {
	case errors.Is(why, errGuest), errors.Is(why, errCaller):
		return websocket.StatusNormalClosure
	case errors.Is(why, errTakeOver):
		return StatusTakenOver
	case errors.Is(why, errClosed):
		return websocket.StatusGoingAway
	}
	return websocket.StatusPolicyViolation
}

// inFrame cuts a reason to what a closing frame holds (RFC 6455, 5.5).
func inFrame(reason string) string {
	const most = 123
	return strings.ToValidUTF8(reason[:min(len(reason), most)], "")
}

// show passes on what the guest says. A caller who takes little has the guest
// wait, whose emulator then drops what it writes: nothing piles up here.
func show(ctx context.Context, caller *websocket.Conn, guest io.Reader) error {
	for buf := make([]byte, piece); ; {
		n, err := guest.Read(buf)
		if n > 0 {
			if err := send(ctx, caller, buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return errGuest
		}
	}
}

func send(ctx context.Context, caller *websocket.Conn, data []byte) error {
	limited, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	if err := caller.Write(limited, websocket.MessageBinary, data); err != nil {
		if limited.Err() != nil && ctx.Err() == nil {
			return errSlow
		}
		return errCaller
	}
	return nil
}

// enter passes on what the caller types, text and bytes alike.
func enter(ctx context.Context, caller *websocket.Conn, guest net.Conn) error {
	for buf := make([]byte, piece); ; {
		_, message, err := caller.Reader(ctx)
		if err != nil {
			return errCaller
		}
		if err := guest.SetWriteDeadline(time.Now().Add(sendLimit)); err != nil {
			return errGuest
		}
		if _, err := io.CopyBuffer(struct{ io.Writer }{guest}, message, buf); err != nil {
			return errGuest
		}
	}
}

// watch ends with an error when the right is gone, or the caller is.
func (d *Desk) watch(ctx, socket context.Context, caller *websocket.Conn, r Right) error {
	look, ping := time.NewTicker(lookEvery), time.NewTicker(pingEvery)
	defer look.Stop()
	defer ping.Stop()
	limit := time.NewTimer(openLimit)
	defer limit.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-limit.C:
			return errTime
		case <-look.C:
			if err := d.deps.Allowed(ctx, r); err != nil && ctx.Err() == nil {
				return err
			}
		case <-ping.C:
			limited, cancel := context.WithTimeout(socket, pingEvery)
			err := caller.Ping(limited)
			cancel()
			if err != nil {
				return errCaller
			}
		}
	}
}
