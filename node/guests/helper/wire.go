package helper

import (
	"context"
	"net"
	"sync"

	"google.golang.org/grpc"

	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/vm"
)

// Console is as vm.Driver has it.
func (c *Client) Console(ctx context.Context, id vm.UUID) (net.Conn, error) {
	return c.connect(ctx, id, steps.Wire_WIRE_CONSOLE)
}

// VNC is as vm.Driver has it.
func (c *Client) VNC(ctx context.Context, id vm.UUID) (net.Conn, error) {
	return c.connect(ctx, id, steps.Wire_WIRE_VNC)
}

// connect has ctx bound the opening only, as dialling does. ctx carries the renter's
// request.
func (c *Client) connect(ctx context.Context, id vm.UUID, kind steps.Wire) (net.Conn, error) {
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	fail := func(err error) (net.Conn, error) {
		cancel()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	stream, err := c.machines.Connect(life)
	if err != nil {
		return fail(err)
	}
	// A send that fails says less than the answer to it.
	_ = stream.Send(&steps.ConnectRequest{Uuid: string(id), Wire: kind, Authority: authority(ctx)})
	if _, err := stream.Recv(); err != nil {
		return fail(decode(life, err))
	}
	if !stop() {
		return fail(ctx.Err())
	}
	near, far := net.Pipe()
	w := &wire{Conn: near, cancel: cancel}
	w.ends.Go(func() { w.hear(stream, far) })
	w.ends.Go(func() { w.say(stream, far) })
	return w, nil
}

// wire is a connection to a guest, through the helper. A pipe gives it deadlines.
type wire struct {
	net.Conn
	cancel context.CancelFunc
	ends   sync.WaitGroup
}

func (w *wire) hear(stream grpc.BidiStreamingClient[steps.ConnectRequest, steps.Bytes], far net.Conn) {
	defer func() { _ = far.Close() }()
	for {
		got, err := stream.Recv()
		if err != nil {
			return
		}
		if _, err := far.Write(got.GetData()); err != nil {
			return
		}
	}
}

func (w *wire) say(stream grpc.BidiStreamingClient[steps.ConnectRequest, steps.Bytes], far net.Conn) {
	defer w.cancel()
	for buf := make([]byte, chunk); ; {
		n, err := far.Read(buf)
		if err != nil {
			return
		}
		if err := stream.Send(&steps.ConnectRequest{Data: buf[:n]}); err != nil {
			return
		}
	}
}

// Close ends the stream and waits for it.
func (w *wire) Close() error {
	err := w.Conn.Close()
	w.cancel()
	w.ends.Wait()
	return err
}
