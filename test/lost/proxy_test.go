package lost

import (
	"context"
	"net"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const (
	broadcastTx = "/cosmos.tx.v1beta1.Service/BroadcastTx"
	getTx       = "/cosmos.tx.v1beta1.Service/GetTx"
)

// bytesCodec passes messages on without decoding them.
type bytesCodec struct{}

func (bytesCodec) Name() string                  { return "proto" }
func (bytesCodec) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }

func (bytesCodec) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte(nil), data...)
	return nil
}

// forward calls the dbcd.
type forward func() ([]byte, error)

// fault answers a call in place of the dbcd.
type fault func(ctx context.Context, method string, ask forward) ([]byte, error)

// proxy is between a program and its dbcd's gRPC.
type proxy struct {
	addr string
	conn *grpc.ClientConn

	mu    sync.Mutex
	fault fault
	// sent counts the received transactions.
	sent int
}

func newProxy(t *testing.T, dbcd string) *proxy {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+dbcd, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{})))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: listener.Addr().String(), conn: conn}
	server := grpc.NewServer(grpc.ForceServerCodec(bytesCodec{}), grpc.UnknownServiceHandler(p.handle))
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		_ = conn.Close()
	})
	return p
}

func (p *proxy) handle(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	ask := func() (reply []byte, err error) {
		// Independent of the caller's context: what the killed program sent
		// still arrives.
		err = p.conn.Invoke(context.Background(), method, &request, &reply)
		return reply, err
	}
	p.mu.Lock()
	f := p.fault
	if method == broadcastTx {
		p.sent++
	}
	p.mu.Unlock()
	var (
		reply []byte
		err   error
	)
	if f == nil {
		reply, err = ask()
	} else {
		reply, err = f(stream.Context(), method, ask)
	}
	if err != nil {
		return err
	}
	return stream.SendMsg(&reply)
}

// with sets the fault and resets the counters.
func (p *proxy) with(f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.sent = f, 0
}

var errAway = status.Error(codes.Unavailable, "the connection was cut")

// first applies f to the first transaction only.
func first(f fault) fault {
	var once sync.Once
	return func(ctx context.Context, method string, ask forward) (reply []byte, err error) {
		mine := false
		if method == broadcastTx {
			once.Do(func() { mine = true })
		}
		if mine {
			return f(ctx, method, ask)
		}
		return ask()
	}
}
