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
	// piece is the size of the buffer for passing on, in bytes. No more of a
	// guest's output is ever held.
	piece = 16 << 10
	// maxMessage bounds one message of the caller. A screen's clipboard is the
	// largest.
	maxMessage = 1 << 20
	// sendLimit is how long the other side may accept nothing.
	sendLimit = 30 * time.Second
	// pingEvery is the interval of pings that detect vanished callers.
	pingEvery = 15 * time.Second
)

// StatusTakenOver closes a WebSocket whose console was opened elsewhere.
const StatusTakenOver websocket.StatusCode = 4000

// carry copies bytes in both directions until one side ends or the right does,
// and returns why.
func (h *Hub) carry(s *seat, caller *websocket.Conn, guest net.Conn) error {
	caller.SetReadLimit(maxMessage)
	// Do not cancel the WebSocket's own context before its close frame has been
	// sent.
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.ctx))
	var all sync.WaitGroup
	all.Go(func() { s.end(show(ctx, caller, guest)) })
	all.Go(func() { s.end(enter(ctx, caller, guest)) })
	all.Go(func() { s.end(h.watch(s.ctx, ctx, caller, s.right)) })
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

// inFrame truncates a reason to the capacity of a close frame (RFC 6455, 5.5).
func inFrame(reason string) string {
	const most = 123
	return strings.ToValidUTF8(reason[:min(len(reason), most)], "")
}

// show passes on what the guest writes. A slow caller makes the guest wait,
// whose emulator then drops its output, so that nothing accumulates here.
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

// enter passes on what the caller types, both text and bytes.
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

// watch returns an error when the right, or the caller, is gone.
func (h *Hub) watch(ctx, socket context.Context, caller *websocket.Conn, r Right) error {
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
			if err := h.deps.Allowed(ctx, r); err != nil && ctx.Err() == nil {
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
