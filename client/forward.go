package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/coder/websocket"

	"github.com/dbc-network/dbc/api"
)

// maxForwarded bounds one message of a forwarded connection, in bytes.
const maxForwarded = 1 << 20

// Forward connects to a TCP port of a VM itself, published or not. The request
// is signed, but the machine signs nothing that follows, and a client node in
// between can read it. Use SSH or TLS and verify the peer's key. Closing one
// direction closes both.
func (n *Node) Forward(ctx context.Context, taskID string, port uint16) (net.Conn, error) {
	if err := CheckTaskID(taskID); err != nil {
		return nil, err
	}
	var token api.SocketToken
	wish := api.OpenForward{Port: api.Text(strconv.Itoa(int(port)))}
	if err := n.call(ctx, api.PathTaskForward+taskID, wish, &token); err != nil {
		return nil, err
	}
	at := n.base.JoinPath(api.PathTaskForward + taskID)
	at.RawQuery = url.Values{"machine_id": {n.cfg.MachineID}, "token": {token.Token}}.Encode()
	socket, res, err := websocket.Dial(ctx, at.String(), &websocket.DialOptions{ //nolint:bodyclose // the library closes it
		HTTPClient: n.cfg.Streams, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, fmt.Errorf("open port %d of %s: %w", port, taskID, noSocket(res, err))
	}
	socket.SetReadLimit(maxForwarded)
	return websocket.NetConn(context.WithoutCancel(ctx), socket, websocket.MessageBinary), nil
}

// noSocket returns the node's reason if it sent one. Nothing in it is proved.
func noSocket(res *http.Response, err error) error {
	if res == nil || res.Body == nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	var envelope api.Reply
	if json.NewDecoder(io.LimitReader(res.Body, maxReply)).Decode(&envelope) != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return nodeError(res.StatusCode, envelope, false)
}

// Tunnel forwards the connections that listener accepts to a VM's port until
// ctx is done, and then closes listener. It calls report for connections that
// could not be established.
func (n *Node) Tunnel(ctx context.Context, listener net.Listener, taskID string, port uint16, report func(error)) error {
	var open sync.WaitGroup
	defer open.Wait()
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	for {
		local, err := listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accept connections: %w", errors.Join(err, listener.Close()))
		}
		open.Go(func() {
			defer func() { _ = local.Close() }()
			guest, err := n.Forward(ctx, taskID, port)
			if err != nil {
				report(err)
				return
			}
			join(ctx, local, guest)
		})
	}
}

// join copies in both directions until one side ends.
func join(ctx context.Context, a, b net.Conn) {
	var both sync.WaitGroup
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			ended <- struct{}{}
		})
	}
	select {
	case <-ended:
	case <-ctx.Done():
	}
	_ = a.Close()
	_ = b.Close()
	both.Wait()
}
