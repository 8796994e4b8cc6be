package app

import (
	"fmt"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/app/lane"
	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// rentalGas is what a machine's operator may take in addition for each of its
// open rentals, because going offline refunds the trials and coming back records
// the outage in each rental.
const rentalGas = 400_000

// due returns the subject of a message and the gas that it may take in the
// urgent lane, or no gas if it is not urgent.
func (app *App) due(ctx sdk.Context, msg sdk.Msg) (string, uint64) {
	subject, ok := app.subject(ctx, msg)
	if !ok {
		return "", 0
	}
	var id string
	switch m := msg.(type) {
	case *machine.MsgSetOnline:
		id = m.MachineId
	case *machine.MsgSetOffline:
		id = m.MachineId
	default:
		return subject, lane.MessageGas
	}
	open, err := app.Machine.Rentals(ctx, id)
	if err != nil {
		return "", 0
	}
	return subject, lane.MessageGas + uint64(len(open))*rentalGas
}

// subject reports whether a message has a deadline, or ends one, and the state
// says that it is expected from its signer. To get into their lane a signer
// needs an open challenge, an open rental or a bonded machine.
func (app *App) subject(ctx sdk.Context, msg sdk.Msg) (subject string, ok bool) {
	switch m := msg.(type) {
	case *machine.MsgAnswerChallenge:
		open := func(challenged machine.Machine) bool {
			return slices.Contains(challenged.OpenChallenges, m.ChallengeId)
		}
		return fmt.Sprintf("answer/%d", m.ChallengeId), app.operates(ctx, m.Operator, m.MachineId, open)
	case *machine.MsgSetOnline:
		return app.moves(ctx, m.Operator, m.MachineId, canGoOnline)
	case *machine.MsgSetOffline:
		return app.moves(ctx, m.Operator, m.MachineId, canGoOffline)
	case *rental.MsgConfirmRent:
		return app.rented(ctx, "confirm", m.Renter, m.RentId, m.MachineId, rental.RENTAL_STATE_TRIAL)
	case *rental.MsgCancelRent:
		return app.rented(ctx, "cancel", m.Renter, m.RentId, m.MachineId, rental.RENTAL_STATE_TRIAL)
	case *rental.MsgReletMachine:
		return app.rented(ctx, movesEnd, m.Renter, m.RentId, m.MachineId, rental.RENTAL_STATE_ACTIVE)
	case *rental.MsgLeaveRental:
		return app.leaves(ctx, m)
	case *rental.MsgBreakRental:
		return app.breaks(ctx, m)
	case *guard.MsgPauseRentals:
		return "brake", app.Guard.Brakes(ctx, m.Signer)
	case *guard.MsgResumeRentals:
		return "brake", app.Guard.Brakes(ctx, m.Signer)
	}
	return "", false
}

// moves returns the subject of a message that brings a machine online or takes it
// offline. Both have the same: an operator who goes back and forth comes after
// those who were not served recently.
func (app *App) moves(ctx sdk.Context, operator, id string, can func(machine.Machine) bool) (string, bool) {
	return "presence/" + id, app.operates(ctx, operator, id, can)
}

// operates reports whether an account operates a machine that is in a state in
// which its message can be accepted: one that must fail is not due.
func (app *App) operates(ctx sdk.Context, operator, id string, can func(machine.Machine) bool) bool {
	m, err := app.Machine.GetMachine(ctx, id)
	return err == nil && m.State != machine.MACHINE_STATE_RETIRED && sameAccount(m.Operator, operator) && can(m)
}

// canGoOnline reports whether SetOnline can be accepted.
func canGoOnline(m machine.Machine) bool {
	return m.State != machine.MACHINE_STATE_ONLINE && len(m.ReleasedGpus) == 0
}

// canGoOffline reports whether SetOffline can be accepted: a challenge has to be
// answered first.
func canGoOffline(m machine.Machine) bool {
	return m.State == machine.MACHINE_STATE_ONLINE && len(m.OpenChallenges) == 0
}

// movesEnd begins the subject of renewing and of leaving. Both have the same: who renews
// and leaves in turn, which costs no rent, comes after those who were not served recently.
const movesEnd = "end"

// leaves reports whether a renter who gives notice brings the end forward. One
// who can't has no reason to hurry; for another each block costs rent.
func (app *App) leaves(ctx sdk.Context, msg *rental.MsgLeaveRental) (string, bool) {
	r, ok := app.rentalOf(ctx, msg.Renter, msg.RentId, msg.MachineId)
	return fmt.Sprintf("%s/%d", movesEnd, r.Id), ok && r.State == rental.RENTAL_STATE_ACTIVE && r.ExitNoticeSeconds > 0 &&
		ctx.BlockTime().Add(r.ExitNotice()).Before(r.End)
}

// rented reports whether a renter has an open rental in the state in which the
// message can be accepted.
func (app *App) rented(ctx sdk.Context, what, renter string, id uint64, machineID string, state rental.RentalState) (string, bool) {
	r, ok := app.rentalOf(ctx, renter, id, machineID)
	return fmt.Sprintf("%s/%d", what, r.Id), ok && r.State == state
}

// rentalOf returns an open rental of a renter, by its id or as the only one on a
// machine.
func (app *App) rentalOf(ctx sdk.Context, renter string, id uint64, machineID string) (rental.Rental, bool) {
	address, err := sdk.AccAddressFromBech32(renter)
	if err != nil {
		return rental.Rental{}, false
	}
	if id == 0 {
		ids, err := app.Machine.Rentals(ctx, machineID)
		if err != nil {
			return rental.Rental{}, false
		}
		for _, other := range ids {
			if app.Rental.Rents(ctx, address, other) {
				id = other
			}
		}
	}
	r, ok := app.openRental(ctx, id)
	return r, ok && app.Rental.Rents(ctx, address, id)
}

// breaks reports whether a signer may break a rental: a renter cancels a trial
// instead.
func (app *App) breaks(ctx sdk.Context, msg *rental.MsgBreakRental) (string, bool) {
	r, ok := app.openRental(ctx, msg.RentId)
	if !ok {
		return "", false
	}
	m, err := app.Machine.GetMachine(ctx, r.MachineId)
	return fmt.Sprintf("break/%d", r.Id), err == nil &&
		(sameAccount(m.Owner, msg.Signer) || r.State == rental.RENTAL_STATE_ACTIVE && sameAccount(r.Renter, msg.Signer))
}

func (app *App) openRental(ctx sdk.Context, id uint64) (rental.Rental, bool) {
	r, err := app.Rental.Rentals.Get(ctx, id)
	return r, err == nil && (r.State == rental.RENTAL_STATE_TRIAL || r.State == rental.RENTAL_STATE_ACTIVE)
}

// sameAccount compares addresses as bytes, because an address has two
// spellings.
func sameAccount(a, b string) bool {
	one, err := sdk.AccAddressFromBech32(a)
	if err != nil {
		return false
	}
	other, err := sdk.AccAddressFromBech32(b)
	return err == nil && one.Equals(other)
}
