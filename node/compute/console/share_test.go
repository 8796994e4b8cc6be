package console_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/coder/websocket"

	"github.com/dbc-network/dbc/node/compute/console"
)

// TestOneRenterCanNotTakeAllSockets verifies that a renter who opened all of a
// machine's sockets loses the latest one for each that another renter opens,
// down to an equal share, and gets none of the other's.
func TestOneRenterCanNotTakeAllSockets(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	open := func(wallet, task string, port uint16) (*websocket.Conn, error) {
		r := console.Right{Kind: console.Forward, TaskID: task, Wallet: wallet, RentID: 1, Port: port}
		token, _, err := b.hub.Give(r)
		if err != nil {
			return nil, err
		}
		return b.dial(console.Forward, task, token)
	}
	const all = 128
	var greedy []<-chan error
	for i := range all {
		c, err := open("greedy", fmt.Sprint("g", i/40), 22)
		if err != nil {
			t.Fatalf("socket %d: %v", i, err)
		}
		// A caller that does not read answers no ping, and counts as gone.
		ended := make(chan error, 1)
		go func() {
			_, _, err := c.Read(context.Background())
			ended <- err
		}()
		greedy = append(greedy, ended)
	}
	if _, err := open("greedy", "g9", 22); !errors.Is(err, console.ErrTooMany) {
		t.Errorf("one more of the same renter: %v", err)
	}
	for i := range all / 2 {
		c, err := open("modest", fmt.Sprint("m", i/40), 22)
		if err != nil {
			t.Fatalf("socket %d of another renter: %v", i, err)
		}
		if err := c.Write(t.Context(), websocket.MessageBinary, []byte("x")); err != nil {
			t.Error(err)
		}
		if _, text, err := c.Read(t.Context()); err != nil || string(text) != "x" {
			t.Errorf("socket %d of another renter: %q, %v", i, text, err)
		}
		c.CloseRead(context.Background())
		if err := <-greedy[all-1-i]; websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
			t.Errorf("the socket that made room: %v", err)
		}
	}
	for _, wallet := range []string{"modest", "greedy"} {
		if _, err := open(wallet, wallet+"9", 22); !errors.Is(err, console.ErrTooMany) {
			t.Errorf("%s beyond an equal share: %v", wallet, err)
		}
	}
	if c, err := open("third", "t", 22); err != nil || c == nil {
		t.Errorf("a third renter: %v", err)
	}
}

// TestOneRenterCanNotTakeAllTokens does the same for tokens.
func TestOneRenterCanNotTakeAllTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	give := func(wallet string, i int) error {
		_, _, err := b.hub.Give(console.Right{Kind: console.VNC, TaskID: fmt.Sprint(wallet, i/16), Wallet: wallet})
		return err
	}
	for i := range 128 {
		if err := give("greedy", i); err != nil {
			t.Fatal(err)
		}
	}
	if err := give("greedy", 200); !errors.Is(err, console.ErrTooMany) {
		t.Errorf("beyond a renter's share: %v", err)
	}
	for i := range 7 * 128 {
		if err := give(fmt.Sprint("other", i/128), i); err != nil {
			t.Fatal(err)
		}
	}
	if err := give("late", 0); err != nil {
		t.Errorf("one who comes when all are given: %v", err)
	}
}
