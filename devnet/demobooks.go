package devnet

import (
	"context"
	"fmt"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/rental"
)

// books are the expected balances in udbc, added up independently of the chain.
type books struct {
	// renter is the renter's balance, payout the initial balance of payout.
	renter, payout uint64
	spent          map[string]uint64
}

func (b *books) spend(on string, udbc uint64) {
	if b.spent == nil {
		b.spent = map[string]uint64{}
	}
	b.spent[on] += udbc
	b.renter -= udbc
}

// checkRenter compares the wallet's balance with the sum of the steps, to the
// udbc.
func (d *Demo) checkRenter(ctx context.Context) (happened, command string, err error) {
	has, err := d.chain.Balance(ctx, d.renter.Wallet.Address())
	if err != nil {
		return "", "", err
	}
	if has != d.books.renter {
		return "", "", fmt.Errorf("%w: the renter has %d udbc, %d udbc expected", ErrBooks, has, d.books.renter)
	}
	spent := d.books.spent
	return fmt.Sprintf("%d udbc = %d - rent %d - fees %d - gas %d", has, demoCoins, spent["rent"], spent["fee"], spent["gas"]),
		"dbc wallet show " + d.renter.Wallet.Name, nil
}

// checkHost checks that the ended rental is fully paid out and that the running
// one is in escrow.
func (d *Demo) checkHost(ctx context.Context) (happened, command string, err error) {
	if err := d.settled(ctx, d.second.RentID); err != nil {
		return "", "", err
	}
	paid, err := d.chain.Balance(ctx, d.info.Accounts[Payout])
	if err != nil {
		return "", "", err
	}
	earned := paid - d.books.payout
	if earned != d.second.Rent {
		return "", "", fmt.Errorf("%w: the host got %d udbc for rental %d, %d udbc expected",
			ErrBooks, earned, d.second.RentID, d.second.Rent)
	}
	first, err := d.chain.Explain(ctx, d.first.RentID)
	if err != nil {
		return "", "", err
	}
	escrow, err := d.chain.Balance(ctx, Escrow())
	if err != nil {
		return "", "", err
	}
	return fmt.Sprintf("%d udbc for rental %d; escrow %d udbc, of which rental %d has earned %d",
			earned, d.second.RentID, escrow, d.first.RentID, first.Earned),
		fmt.Sprintf("dbc explain %d", d.second.RentID), nil
}

// settled waits for the block that pays the rental out.
func (d *Demo) settled(ctx context.Context, id uint64) error {
	wakes, err := d.chain.Watch(ctx)
	if err != nil {
		return err
	}
	for {
		r, err := d.chain.Rental(ctx, id)
		if err != nil {
			return err
		}
		if r.State == rental.RENTAL_STATE_ENDED && r.Claimed == r.Paid {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until rental %d (%s) is paid out: %w", id, client.Printable(r.State.String()), context.Cause(ctx))
		case <-wakes:
		}
	}
}

// Escrow returns the account that holds the rent of open rentals.
func Escrow() string { return chain.AddressOf(authtypes.NewModuleAddress(rental.ModuleName)) }
