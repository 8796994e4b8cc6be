package app

import (
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// due tells the messages that have a deadline, or end one, when the state says
// that they are expected of their signer: whoever wants into their lane needs an
// open challenge, an open rental or a bonded machine of his own.
func (app *App) due(ctx sdk.Context, msg sdk.Msg) (subject string, ok bool) {
	switch m := msg.(type) {
	case *machine.MsgAnswerChallenge:
		c, err := app.Machine.Challenges.Get(ctx, m.ChallengeId)
		return fmt.Sprintf("answer/%d", m.ChallengeId), err == nil && c.MachineId == m.MachineId && app.operates(ctx, m.Operator, m.MachineId)
	case *machine.MsgSetOnline:
		return "online/" + m.MachineId, app.operates(ctx, m.Operator, m.MachineId)
	case *machine.MsgSetOffline:
		return "offline/" + m.MachineId, app.operates(ctx, m.Operator, m.MachineId)
	case *rental.MsgConfirmRent:
		return app.rented(ctx, "confirm", m.Renter, m.RentId, m.MachineId)
	case *rental.MsgCancelRent:
		return app.rented(ctx, "cancel", m.Renter, m.RentId, m.MachineId)
	case *rental.MsgReletMachine:
		return app.rented(ctx, "relet", m.Renter, m.RentId, m.MachineId)
	case *rental.MsgBreakRental:
		return app.breaks(ctx, m)
	case *guard.MsgPauseRentals:
		return "brake", app.Guard.Brakes(ctx, m.Signer)
	case *guard.MsgResumeRentals:
		return "brake", app.Guard.Brakes(ctx, m.Signer)
	}
	return "", false
}

func (app *App) operates(ctx sdk.Context, operator, id string) bool {
	m, err := app.Machine.GetMachine(ctx, id)
	return err == nil && m.State != machine.MACHINE_STATE_RETIRED && sameAccount(m.Operator, operator)
}

// rented finds an open rental of a renter, by its number or as the only one on a machine.
func (app *App) rented(ctx sdk.Context, what, renter string, id uint64, machineID string) (string, bool) {
	if id == 0 {
		ids, err := app.Machine.Rentals(ctx, machineID)
		if err != nil {
			return "", false
		}
		for _, other := range ids {
			if app.rents(ctx, renter, other) {
				id = other
			}
		}
	}
	return fmt.Sprintf("%s/%d", what, id), app.rents(ctx, renter, id)
}

func (app *App) rents(ctx sdk.Context, renter string, id uint64) bool {
	r, ok := app.openRental(ctx, id)
	return ok && sameAccount(r.Renter, renter)
}

func (app *App) breaks(ctx sdk.Context, msg *rental.MsgBreakRental) (string, bool) {
	r, ok := app.openRental(ctx, msg.RentId)
	if !ok {
		return "", false
	}
	m, err := app.Machine.GetMachine(ctx, r.MachineId)
	return fmt.Sprintf("break/%d", r.Id), err == nil && (sameAccount(r.Renter, msg.Signer) || sameAccount(m.Owner, msg.Signer))
}

func (app *App) openRental(ctx sdk.Context, id uint64) (rental.Rental, bool) {
	r, err := app.Rental.Rentals.Get(ctx, id)
	return r, err == nil && (r.State == rental.RENTAL_STATE_TRIAL || r.State == rental.RENTAL_STATE_ACTIVE)
}

// sameAccount compares addresses as bytes: an address can be spelled in two ways.
func sameAccount(a, b string) bool {
	one, err := sdk.AccAddressFromBech32(a)
	if err != nil {
		return false
	}
	other, err := sdk.AccAddressFromBech32(b)
	return err == nil && one.Equals(other)
}
