package host

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/x/rental"
)

// CheckSelfRent is a rental of a machine by its host, from the chain to the guest.
const CheckSelfRent doctor.Check = "self_rent"

// endLimit bounds the end of a self-rent, which is not given up with the rest.
const endLimit = 3 * time.Minute

// Renter rents with the host's wallet; market.Renter is one.
type Renter interface {
	Earlier(ctx context.Context, order market.Order) (made market.Rented, ok bool, err error)
	Quote(ctx context.Context, order market.Order) (*rental.QueryQuoteResponse, error)
	Rent(ctx context.Context, order market.Order, quote *rental.QueryQuoteResponse) (market.Rented, error)
	Cancel(ctx context.Context, rentID uint64, cause rental.Cause) (market.Cancelled, error)
}

var _ Renter = market.Renter{}

// SelfRent rents a machine to its host on trial, looks at it from inside, and
// cancels the trial whatever happens. A run that was killed is ended by the next.
type SelfRent struct {
	// Records is the folder, which is there, of the files that name a rental to be
	// ended, one for each chain and machine.
	Records string
	Renter  Renter
	// Address is the wallet's.
	Address string
	// Cooldown is how long the chain refuses the wallet another trial of a machine
	// after one was refunded.
	Cooldown time.Duration
	// Head returns the newest block, with what distinguishes its chain from others.
	Head func(ctx context.Context) (chain.Head, error)
	// Rental returns a rental as it is now; the error wraps chain.ErrNotFound if
	// there is none.
	Rental func(ctx context.Context, id uint64) (rental.Rental, error)
	// Ready returns why no VM would be made in the slots that would be rented.
	// Nothing is paid before.
	Ready func(ctx context.Context, slots []uint32) error
	// Create makes a VM in a rental and returns when it runs, Look logs in to it.
	Create func(ctx context.Context, rentID uint64) (api.Task, error)
	Look   func(ctx context.Context, rentID uint64, task api.Task) ([]doctor.Finding, error)
	// Say is told what comes next.
	Say func(step string)
}

// SelfRented is what became of a self-rent. Amounts are udbc.
type SelfRented struct {
	// RentID is 0 if nothing was rented. Amounts are then those of Left.
	RentID uint64 `json:"rent_id"`
	TaskID string `json:"task_id,omitempty"`
	// Rent was paid and Refunded came back; Fee was paid, of which FeeToHost is the
	// machine's payout address's again and FeeToPool is gone. Gas is gone too.
	Rent      uint64 `json:"rent_udbc"`
	Refunded  uint64 `json:"refunded_udbc"`
	Fee       uint64 `json:"fee_udbc"`
	FeeToHost uint64 `json:"fee_to_host_udbc"`
	FeeToPool uint64 `json:"fee_to_pool_udbc"`
	Gas       uint64 `json:"gas_udbc"`
	// Ended says that the trial is over; else it ends by itself at Deadline.
	Ended    bool      `json:"ended"`
	Deadline time.Time `json:"deadline"`
	// Left is the rental of an earlier run that was ended first; 0 for none.
	Left uint64 `json:"ended_before,omitempty"`
	// Again is when the wallet can begin the next trial of the machine; zero if the
	// chain refuses it none.
	Again time.Time `json:"again_at,omitzero"`
}

// record returns the file for a machine. Rentals are numbered anew on every chain,
// which its genesis hash names.
func (s SelfRent) record(head chain.Head, machineID string) record {
	return record(filepath.Join(s.Records, "self-rent-"+hex.EncodeToString(head.GenesisHash[:])+"-"+machineID+".json"))
}

// Run rents and looks. What goes wrong with the machine is a finding; the error is
// of what kept it from being tried, or of its end.
func (s SelfRent) Run(ctx context.Context, order market.Order) (done SelfRented, findings []doctor.Finding, err error) {
	head, err := s.Head(ctx)
	if err != nil {
		return done, nil, err
	}
	note := s.record(head, order.MachineID)
	if done, err = s.endLeft(ctx, note, order.MachineID); err != nil {
		return done, nil, err
	}
	ended := done.Left
	made, err := s.rent(ctx, order)
	if err != nil {
		return done, nil, err
	}
	done = SelfRented{RentID: made.RentID, Rent: made.Rent, Fee: made.Fee, Gas: made.Tx.Fee, Deadline: made.Deadline, Left: ended}
	err = note.keep(left{made.RentID, made.End.Add(-time.Duration(order.Seconds) * time.Second)})
	if err == nil {
		done.TaskID, findings, err = s.use(ctx, made.RentID)
	}
	// Whatever happened, an interruption too.
	ending, stop := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer stop()
	s.Say("ending the trial")
	cancelled, endErr := s.Renter.Cancel(ending, made.RentID, rental.CAUSE_CHANGED_MIND)
	if endErr != nil {
		return done, findings, errors.Join(err, fmt.Errorf("end rental %d: it ends by itself at %s; dbc host doctor --self-rent ends it first: %w",
			made.RentID, made.Deadline.Local().Format(time.TimeOnly), endErr))
	}
	s.add(&done, cancelled)
	return done, findings, errors.Join(err, note.forget(), context.Cause(ctx))
}

// add adds the end of a trial.
func (s SelfRent) add(done *SelfRented, end market.Cancelled) {
	done.Refunded, done.FeeToHost, done.FeeToPool, done.Ended = end.Refunded, end.FeeToHost, end.FeeToPool, true
	done.Gas += end.Tx.Fee
	if s.Cooldown > 0 { // a transaction's time lacks the fraction of its block's
		done.Again = end.Tx.Time.Add(time.Second + s.Cooldown)
	}
}

func (s SelfRent) rent(ctx context.Context, order market.Order) (market.Rented, error) {
	s.Say("asking for what there is to rent")
	made, ok, err := s.Renter.Earlier(ctx, order)
	if err != nil || ok && !s.isOver(ctx, made.RentID) {
		return made, err
	}
	quote, err := s.Renter.Quote(ctx, order)
	if err != nil {
		return market.Rented{}, err
	}
	if err := s.Ready(ctx, quote.Slots); err != nil {
		return market.Rented{}, fmt.Errorf("nothing was rented: %w", err)
	}
	s.Say("renting")
	return s.Renter.Rent(ctx, order, quote)
}

// isOver reports whether the trial is certainly over.
func (s SelfRent) isOver(ctx context.Context, id uint64) bool {
	r, err := s.Rental(ctx, id)
	return errors.Is(err, chain.ErrNotFound) || err == nil && r.State != rental.RENTAL_STATE_TRIAL
}

// use makes a VM and looks at it. The error is of what this computer lacks to look.
func (s SelfRent) use(ctx context.Context, id uint64) (taskID string, findings []doctor.Finding, err error) {
	failed := func(step string, err error) []doctor.Finding {
		return []doctor.Finding{{Check: CheckSelfRent, Level: doctor.Fail, Read: map[string]string{"step": step, "error": client.Printable(err.Error())}}}
	}
	s.Say("making a VM")
	task, err := s.Create(ctx, id)
	if err != nil {
		return task.TaskID, failed("create", err), nil
	}
	s.Say("logging in")
	findings, err = s.Look(ctx, id, task)
	switch {
	case errors.Is(err, probe.ErrHere):
		return task.TaskID, findings, err
	case err != nil:
		findings = append(findings, failed("log in", err)...)
	}
	return task.TaskID, findings, nil
}

// endLeft ends the rental of a run that was killed, and only that one: a record of
// a rental that is over or gone is forgotten. It returns ErrCooldown if the chain
// grants no other trial now.
func (s SelfRent) endLeft(ctx context.Context, note record, machineID string) (done SelfRented, err error) {
	l, found, err := note.read()
	if err != nil || !found {
		return done, err
	}
	r, err := s.Rental(ctx, l.RentID)
	if errors.Is(err, chain.ErrNotFound) {
		return done, note.forget()
	}
	if err != nil {
		return done, err
	}
	if r.MachineId != machineID || !r.Start.Equal(l.Start) || r.State != rental.RENTAL_STATE_TRIAL {
		return done, note.forget()
	}
	if r.Renter != s.Address {
		return done, fmt.Errorf("rental %d: %w: it is of %s, which ends it with dbc cancel %d; it ends by itself at %s", l.RentID, ErrLeft, r.Renter, l.RentID,
			r.Deadline.Local().Format(time.TimeOnly))
	}
	s.Say(fmt.Sprintf("ending rental %d of a run that was cut off", l.RentID))
	cancelled, err := s.Renter.Cancel(ctx, l.RentID, rental.CAUSE_CHANGED_MIND)
	if err != nil {
		return done, err
	}
	done = SelfRented{Left: l.RentID, Rent: r.Paid, Fee: r.Fee, Deadline: r.Deadline}
	s.add(&done, cancelled)
	if err := note.forget(); err != nil || done.Again.IsZero() {
		return done, err
	}
	return done, fmt.Errorf("nothing was rented: rental %d of a run that was cut off is ended, and %w: run it again from %s, or with another wallet",
		l.RentID, ErrCooldown, done.Again.Local().Format(time.DateTime))
}
