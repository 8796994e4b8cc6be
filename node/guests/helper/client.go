package helper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/vm"
)

// The pauses between two attempts to reach the helper.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 2 * time.Second
)

// ClientConfig is what Dial needs.
type ClientConfig struct {
	// Socket is the helper's.
	Socket string
	// Logger is slog.Default() when nil.
	Logger *slog.Logger
}

// Client is the unprivileged side; safe for many goroutines. While the helper is
// away every call is vm.ErrUnavailable, and it connects again by itself.
type Client struct {
	log      *slog.Logger
	conn     *grpc.ClientConn
	helper   steps.HelperClient
	machines steps.MachinesClient
	cards    steps.CardsClient
	network  steps.NetworkClient
	files    steps.FilesClient
	confined string
}

// Dial prepares a client; it connects with its first call.
func Dial(config ClientConfig) (*Client, error) {
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	conn, err := grpc.NewClient("passthrough:///helper",
		grpc.WithTransportCredentials(insecure.NewCredentials()), // a socket of this computer
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", config.Socket)
		}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: firstPause, Multiplier: 2, Jitter: 0.2, MaxDelay: maxPause},
			MinConnectTimeout: maxPause,
		}),
		grpc.WithDisableRetry(), grpc.WithDisableServiceConfig(),
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			return decode(ctx, invoke(metadata.AppendToOutgoingContext(ctx, versionKey, Version), method, req, reply, cc, opts...))
		}),
		grpc.WithStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
			stream, err := streamer(metadata.AppendToOutgoingContext(ctx, versionKey, Version), desc, cc, method, opts...)
			return stream, decode(ctx, err)
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("prepare the helper's client: %w", err)
	}
	return &Client{
		log: config.Logger.With("helper", config.Socket), conn: conn,
		helper: steps.NewHelperClient(conn), machines: steps.NewMachinesClient(conn), cards: steps.NewCardsClient(conn),
		network: steps.NewNetworkClient(conn), files: steps.NewFilesClient(conn),
	}, nil
}

// Close ends the connection; VMs go on.
func (c *Client) Close() error { return c.conn.Close() }

// Await returns when the helper answers, whatever it is bound to. One that serves
// another user or speaks another version refuses.
func (c *Client) Await(ctx context.Context) error {
	return c.retry(ctx, func() error {
		_, err := c.machines.List(ctx, &steps.ListRequest{})
		if errors.Is(err, ErrBinding) {
			return nil // by Bind
		}
		return err
	})
}

// Bind tells the helper whose node this is, before anything else is asked, and
// waits until it is there. A helper that is bound otherwise refuses.
func (c *Client) Bind(ctx context.Context, b names.Binding) error {
	return c.retry(ctx, func() error {
		reply, err := c.helper.Bind(ctx, &steps.BindRequest{ChainId: b.ChainID, GenesisHash: b.GenesisHash, MachineId: b.MachineID})
		c.confined = reply.GetConfined()
		return err
	})
}

// Confined returns the security driver that keeps guests in, as Bind was told.
func (c *Client) Confined() string { return c.confined }

// retry tries until the helper is there, and says once that it is not.
func (c *Client) retry(ctx context.Context, do func() error) error {
	told := false
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		err := do()
		if !errors.Is(err, vm.ErrUnavailable) {
			return err
		}
		if !told {
			told = true
			c.log.Warn("waiting for the node's helper", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
