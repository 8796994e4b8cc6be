package chain

import (
	"context"
	"errors"
	"fmt"
	"sync"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/chain/outbox"
)

// signerBook caches the sequence of each account's next transaction, so that
// one account can have several transactions in a block.
type signerBook struct {
	mu       sync.Mutex
	accounts map[string]*account
}

// account is locked by one transaction from simulation to the mempool. Waiting
// for the block happens without the lock, unless there is an outbox.
type account struct {
	address string
	turn    chan struct{}

	known  bool
	number uint64
	next   uint64

	// box is nil without an outbox.
	box *outbox.Box
	// open is a signed transaction whose outcome is not known or, if told is
	// set, not acknowledged.
	open *outbox.Sent
	told bool
}

func (b *signerBook) of(addr string) *account {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, ok := b.accounts[addr]
	if !ok {
		a = &account{address: addr, turn: make(chan struct{}, 1)}
		b.accounts[addr] = a
	}
	return a
}

func (b *signerBook) all() []*account {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]*account, 0, len(b.accounts))
	for _, a := range b.accounts {
		list = append(list, a)
	}
	return list
}

func (a *account) enter(ctx context.Context) error {
	select {
	case a.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for another transaction of %s; nothing was sent: %w", a.address, context.Cause(ctx))
	}
}

func (a *account) leave() { <-a.turn }

// load fills the account from the chain unless it is loaded already.
func (a *account) load(ctx context.Context, c *Client) error {
	if a.known {
		return nil
	}
	info, err := c.account(ctx, a.address)
	if err != nil {
		return err
	}
	a.number, a.next, a.known = info.AccountNumber, info.Sequence, true
	return nil
}

func (c *Client) account(ctx context.Context, addr string) (*authtypes.BaseAccount, error) {
	res, err := authtypes.NewQueryClient(c.conn).AccountInfo(ctx, &authtypes.QueryAccountInfoRequest{Address: addr})
	err = queryError(ctx, "ask for account "+addr, err)
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("account %s: %w", addr, ErrNoAccount)
	}
	if err != nil {
		return nil, err
	}
	return res.Info, nil
}

// openBox locks the account's box, if there is an outbox, and reads what an
// earlier program left in it.
func (a *account) openBox(ctx context.Context, c *Client, chainID string) error {
	if c.outbox == "" || a.box != nil {
		return nil
	}
	box, err := outbox.Open(ctx, c.outbox, chainID, a.address, c.busy)
	if err != nil {
		return err
	}
	if a.open, err = box.Load(); err != nil {
		_ = box.Close()
		return err
	}
	a.box = box
	return nil
}

// keep stores a transaction before it is sent.
func (a *account) keep(s outbox.Sent) error {
	if a.box != nil {
		if err := a.box.Store(s); err != nil {
			return err
		}
	}
	a.open, a.told = &s, false
	return nil
}

// drop removes a transaction that is settled or was never sent.
func (a *account) drop() error {
	a.open, a.told = nil, false
	if a.box != nil {
		return a.box.Clear()
	}
	return nil
}

// forget makes the next transaction query the account again.
func (b *signerBook) forget(addr string) {
	a := b.of(addr)
	a.turn <- struct{}{}
	defer a.leave()
	a.known = false
}
