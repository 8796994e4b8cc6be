package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/x/rental"
)

// mostOffers bounds how many machines are quoted one after the other where the chain
// refuses each, which costs nothing.
const mostOffers = 10

// elsewhere are the chain's refusals to rent this machine that another one may not
// meet: it is not free, its listing moved, it would cost more, or its trial has to wait.
var elsewhere = []uint32{
	rental.ErrNotRentable.ABCICode(), rental.ErrListingMoved.ABCICode(), rental.ErrTooExpensive.ABCICode(), rental.ErrCooldown.ABCICode(),
}

// errUnfit means that a machine is not, or no longer, what was asked for.
var errUnfit = errors.New("nothing was paid; take another machine, or ask for less")

// forAnother reports whether another machine may not meet the error, and nothing was
// paid for this one.
func forAnother(err error) bool {
	refused := new(chain.Refused)
	if errors.As(err, &refused) {
		return refused.Codespace == rental.ModuleName && slices.Contains(elsewhere, refused.Code)
	}
	return errors.Is(err, errUnfit)
}

// rent ends with a rental that is recorded.
func (u *up) rent(ctx context.Context) error {
	if u.run.RentID == 0 && len(u.run.Sent) > 0 {
		if err := u.findRent(ctx); err != nil {
			return err
		}
	}
	if u.run.RentID != 0 {
		return nil
	}
	rows, err := u.offers(ctx)
	if err != nil {
		return err
	}
	for i, row := range rows {
		err = u.rentOn(ctx, row.ID)
		if !forAnother(err) || i+1 == min(len(rows), mostOffers) {
			return err
		}
		if forgetErr := u.forget(); forgetErr != nil {
			return errors.Join(err, forgetErr)
		}
		fmt.Fprintf(u.cmd.ErrOrStderr(), "dbc: %s\ndbc: trying the next machine\n", shorten(err.Error()))
	}
	return err
}

// offers returns the machines that fit, the cheapest first.
func (u *up) offers(ctx context.Context) ([]machineRow, error) {
	if u.f.machine != "" {
		id, err := wholeMachineID(ctx, u.s, u.f.machine)
		if slices.Contains(u.tried, id) {
			return nil, fmt.Errorf("%w any more: --machine names the one that failed", errNoMachine)
		}
		return []machineRow{{ID: id}}, err
	}
	f := u.f.filter
	f.limit = maxMachines
	all := f.machineFilter
	all.maxPrice = 0
	rows, err := findMachines(u.s, u.cmd, all)
	if err != nil {
		return nil, err
	}
	fit := slices.DeleteFunc(f.fitting(rows), func(r machineRow) bool { return slices.Contains(u.tried, r.ID) })
	if len(fit) > 0 {
		return fit, nil
	}
	if len(u.tried) > 0 {
		return nil, fmt.Errorf("%w any more: %d were tried", errNoMachine, len(u.tried))
	}
	// All there are, to say what stands in the way.
	rows, err = findMachines(u.s, u.cmd, machineFilter{sort: "price", limit: maxMachines, all: true})
	if err != nil {
		return nil, err
	}
	return nil, f.noneFits(rows)
}

// rentOn quotes, asks, and pays no more than the quote.
func (u *up) rentOn(ctx context.Context, machineID string) error {
	order := market.Order{MachineID: machineID, Seconds: u.run.Wish.Seconds, Slots: u.run.Wish.Slots, MaxTotal: u.run.Wish.MaxTotal}
	return signing(ctx, u.s, u.cmd, func(c *chain.Client, renter market.Renter) error {
		// A rental that another command sent is that command's.
		if _, err := c.Settle(ctx, u.run.Wallet); err != nil && !u.s.dryRun {
			return err
		}
		quote, err := renter.Quote(ctx, order)
		if err != nil {
			return err
		}
		if err := u.stillFits(ctx, c, machineID, quote); err != nil {
			return err
		}
		said := newQuoteReply(order, quote)
		if !u.s.json {
			if err := u.s.show(u.cmd, nil, func(w io.Writer) {
				row(w, "Machine:", machineID)
				writeQuote(w, said)
			}); err != nil {
				return err
			}
		}
		if order.MaxTotal != 0 && quote.Total > order.MaxTotal {
			_, err := renter.Rent(ctx, order, quote) // refuses by itself
			return err
		}
		if err := u.s.sure(u.cmd, paidText(said)); err != nil {
			return err
		}
		u.run.MachineID = machineID
		u.run.Create = api.Create{TaskID: api.NewTaskID(), SSHPublicKeys: u.f.keys, ImageName: u.f.image, DiskSize: api.Text(u.f.disk), Desc: u.name}
		if err := u.keep(); err != nil {
			return err
		}
		if !u.s.dryRun {
			keepKeys(u.s, u.run.Create.TaskID, u.f.keyFilesFound)
		}
		u.s.signed = u.noting
		made, err := renter.Rent(ctx, order, quote)
		u.s.signed = nil
		if err != nil {
			return u.notRented(err)
		}
		return u.rented(made)
	})
}

// stillFits refuses a machine whose listing, as it was quoted, is not what was asked for:
// it may have moved since it was found, and --machine is not looked for at all.
func (u *up) stillFits(ctx context.Context, c *chain.Client, machineID string, quote *rental.QueryQuoteResponse) error {
	listing, err := c.Machine(ctx, machineID)
	if err != nil {
		return err
	}
	if listing.Machine.ListingVersion != quote.ListingVersion {
		return fmt.Errorf("the listing of machine %s changed since it was quoted: %w", machineID, errUnfit)
	}
	if unmet := conditions(u.f.filter.conditions()).fittingBy(chainRow(listing)); len(unmet) > 0 {
		return fmt.Errorf("machine %s does not meet %s: %w", machineID, strings.Join(unmet, ", "), errUnfit)
	}
	return nil
}

// notRented forgets the run where it is certain that nothing was rented.
func (u *up) notRented(err error) error {
	if refused := new(chain.Refused); errors.As(err, &refused) {
		return errors.Join(err, u.forget())
	}
	return err
}

// order completes the request to the machine.
func (u *up) order() api.Create {
	create := u.run.Create
	create.RentOrder = api.Text(strconv.FormatUint(u.run.RentID, 10))
	return create
}
