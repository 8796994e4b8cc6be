package chain

import (
	"context"
	"errors"
	"fmt"
	"sync"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
)

// signerBook keeps, for each account, the sequence of its next transaction, so
// that one account can have several in one block.
type signerBook struct {
	mu       sync.Mutex
	accounts map[string]*account
}

// account is held by one transaction from simulation to the mempool; waiting
// for the block happens without it.
type account struct {
	mu     sync.Mutex
	known  bool
	number uint64
	next   uint64
}

func (b *signerBook) of(addr string) *account {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, ok := b.accounts[addr]
	if !ok {
		a = &account{}
		b.accounts[addr] = a
	}
	return a
}

// load fills the account from the chain unless it is known.
func (a *account) load(ctx context.Context, c *Client, addr string) error {
	if a.known {
		return nil
	}
	res, err := authtypes.NewQueryClient(c.conn).AccountInfo(ctx, &authtypes.QueryAccountInfoRequest{Address: addr})
	err = queryError(ctx, "ask for account "+addr, err)
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("account %s: %w", addr, ErrNoAccount)
	}
	if err != nil {
		return err
	}
	a.number, a.next, a.known = res.Info.AccountNumber, res.Info.Sequence, true
	return nil
}

// forget makes the next transaction ask the chain again.
func (b *signerBook) forget(addr string) {
	a := b.of(addr)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known = false
}
