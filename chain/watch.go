package chain

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/coder/websocket"
)

const (
	// silence is the time after which a connection counts as lost. Blocks
	// arrive far more often, and a halted chain costs only one reconnection per
	// minute.
	silence = time.Minute
	// maxEvent bounds one event: a block with its transactions.
	maxEvent = 64 << 20
)

// Watch wakes the reader after every block, and after every reconnection, because
// blocks may have been missed. A wake-up carries no data, and several may be
// merged into one: the reader queries what it needs. The channel is closed when
// ctx is done or the client is closed.
//
//nolint:contextcheck // the client's life is one of two that end it
func (c *Client) Watch(ctx context.Context) (<-chan struct{}, error) {
	if err := c.ctx.Err(); err != nil {
		return nil, fmt.Errorf("watch blocks: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	unlink := context.AfterFunc(c.ctx, stop)
	wakes := make(chan struct{}, 1)
	c.watches.Go(func() {
		defer close(wakes)
		defer stop()
		defer unlink()
		c.follow(ctx, wakes)
	})
	return wakes, nil
}

func (c *Client) follow(ctx context.Context, wakes chan<- struct{}) {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = 100 * time.Millisecond
	pause.MaxInterval = 5 * time.Second
	for ctx.Err() == nil {
		err := c.listen(ctx, func() {
			pause.Reset()
			wake(wakes)
		})
		if ctx.Err() != nil {
			return
		}
		c.log.Debug("connection for blocks was lost", slog.Any("error", err))
		select {
		case <-ctx.Done():
		case <-time.After(pause.NextBackOff()):
		}
	}
}

func wake(wakes chan<- struct{}) {
	select {
	case wakes <- struct{}{}:
	default:
	}
}

// Subscribe to the header event rather than the block: it is small whatever the
// block contains.
const subscribe = `{"jsonrpc":"2.0","id":1,"method":"subscribe",` +
	`"params":{"query":"tm.event='NewBlockHeader'"}}`

// listen calls wake once subscribed and then for each event, until the
// connection breaks.
func (c *Client) listen(ctx context.Context, wake func()) error {
	url := "ws" + strings.TrimPrefix(c.rpcURL, "http") + "/websocket"
	conn, res, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if res != nil && res.Body != nil {
		_ = res.Body.Close()
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(maxEvent)
	if err := conn.Write(ctx, websocket.MessageText, []byte(subscribe)); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	for {
		quiet, cancel := context.WithTimeout(ctx, silence)
		_, _, err := conn.Read(quiet)
		cancel()
		if err != nil {
			return fmt.Errorf("read event: %w", err)
		}
		wake()
	}
}
