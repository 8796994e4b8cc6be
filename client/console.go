package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/coder/websocket"

	"github.com/dbc-network/dbc/api"
)

// maxPiece bounds one message of a console or screen, in bytes.
const maxPiece = 1 << 20

// Console opens a VM's serial console. The guest controls the output: write it
// to a terminal only through package terminal. takeOver disconnects whoever has
// it open. ctx covers only the opening.
func (n *Node) Console(ctx context.Context, id string, takeOver bool) (*Socket, error) {
	return n.open(ctx, api.PathTaskConsole, id, api.OpenConsole{TakeOver: api.Flag(takeOver)})
}

// VNC opens a VM's screen. It speaks RFC 6143 without a password.
func (n *Node) VNC(ctx context.Context, id string) (*Socket, error) {
	return n.open(ctx, api.PathTaskVNC, id, struct{}{})
}

func (n *Node) open(ctx context.Context, path, id string, wish any) (*Socket, error) {
	if err := CheckTaskID(id); err != nil {
		return nil, err
	}
	var token api.SocketToken
	if err := n.call(ctx, path+id, wish, &token); err != nil {
		return nil, err
	}
	at := n.base.JoinPath(path + id)
	at.RawQuery = url.Values{"machine_id": {n.cfg.MachineID}, "token": {token.Token}}.Encode()
	//nolint:bodyclose // the library closes it, or gives it whole in memory
	conn, res, err := websocket.Dial(ctx, at.String(), &websocket.DialOptions{
		HTTPClient: n.cfg.HTTP, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, dialError(ctx, path, res, err)
	}
	conn.SetReadLimit(maxPiece)
	return &Socket{conn: conn}, nil
}

// dialError returns the node's refusal if it sent one.
func dialError(ctx context.Context, path string, res *http.Response, err error) error {
	if res != nil && res.Body != nil {
		var envelope api.Reply
		if json.NewDecoder(io.LimitReader(res.Body, maxReply)).Decode(&envelope) == nil && envelope.ErrCode != 0 {
			return nodeError(res.StatusCode, envelope, false)
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("open %s: %w", path, context.Cause(ctx))
	}
	return fmt.Errorf("open %s: %w: %w", path, ErrUnreachable, err)
}

// Socket is an open console or screen.
type Socket struct{ conn *websocket.Conn }

// Close closes a socket on which Pass was not called.
func (s *Socket) Close() error { return s.conn.Close(websocket.StatusNormalClosure, "") }

// Pass copies bytes from and to the guest until one side ends or ctx is done,
// and closes the socket. An error says why the machine closed it.
func (s *Socket) Pass(ctx context.Context, from io.Reader, to io.Writer) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// The reader may block on a person forever, so nothing waits for it.
	go func() {
		_, err := io.Copy(writer{inner, s.conn}, from)
		if err == nil {
			err = io.EOF
		}
		cancel(err)
		_ = s.conn.Close(websocket.StatusNormalClosure, "")
	}()
	for {
		_, message, err := s.conn.Reader(ctx)
		if err == nil {
			_, err = io.Copy(to, message)
		}
		if err != nil {
			_ = s.conn.Close(websocket.StatusNormalClosure, "")
			return ending(ctx, inner, err)
		}
	}
}

func ending(ctx, inner context.Context, err error) error {
	var closed websocket.CloseError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case inner.Err() != nil:
		if why := context.Cause(inner); !errors.Is(why, io.EOF) {
			return fmt.Errorf("send to the guest: %w", why)
		}
		return nil
	case errors.As(err, &closed):
		return fmt.Errorf("%w: %s", ErrClosed, Printable(closed.Reason))
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// writer sends each write as one message.
type writer struct {
	ctx  context.Context //nolint:containedctx // io.Writer takes none
	conn *websocket.Conn
}

func (w writer) Write(p []byte) (int, error) {
	if err := w.conn.Write(w.ctx, websocket.MessageBinary, p); err != nil {
		return 0, err
	}
	return len(p), nil
}
