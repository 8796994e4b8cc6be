package keeper_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// No refusal repeats a long refused value in full, whatever field it is in.
func TestRefusalsAreShort(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0].String()
	rented := c.mustRent(c.renters[0], id, hour, 1)
	for _, long := range []string{strings.Repeat("x", 100_000), strings.Repeat("\n", 900), strings.Repeat("a", 900) + "1qqqqqq"} {
		for name, send := range map[string]func() error{
			"rent as": func() error {
				_, err := c.msg.RentMachine(c.ctx, &xrental.MsgRentMachine{Renter: long, MachineId: id})
				return err
			},
			"rent a machine": func() error {
				_, err := c.msg.RentMachine(c.ctx, &xrental.MsgRentMachine{Renter: alice, MachineId: long})
				return err
			},
			"confirm as": func() error {
				_, err := c.msg.ConfirmRent(c.ctx, &xrental.MsgConfirmRent{Renter: long, RentId: rented})
				return err
			},
			"confirm on": func() error {
				_, err := c.msg.ConfirmRent(c.ctx, &xrental.MsgConfirmRent{Renter: alice, MachineId: long})
				return err
			},
			"confirm as on": func() error {
				_, err := c.msg.ConfirmRent(c.ctx, &xrental.MsgConfirmRent{Renter: long, MachineId: id})
				return err
			},
			"confirm elsewhere": func() error {
				_, err := c.msg.ConfirmRent(c.ctx, &xrental.MsgConfirmRent{Renter: alice, RentId: rented, MachineId: long})
				return err
			},
			"break as": func() error { return c.breakRental(long, rented) },
			"claim as": func() error {
				_, err := c.msg.ClaimRent(c.ctx, &xrental.MsgClaimRent{Signer: long, RentIds: []uint64{rented}})
				return err
			},
			"parameters as": func() error {
				_, err := c.msg.UpdateParams(c.ctx, &xrental.MsgUpdateParams{Authority: long})
				return err
			},
			"rentals of": func() error {
				_, err := c.query.RentalsByRenter(c.ctx, &xrental.QueryRentalsByRenterRequest{Renter: long})
				return err
			},
			"quote of": func() error { _, err := c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{MachineId: long}); return err },
			"challenge as": func() error {
				_, err := c.machine.Challenge(c.ctx, &machine.MsgChallenge{Challenger: long, MachineId: id})
				return err
			},
			"challenge": func() error {
				_, err := c.machine.Challenge(c.ctx, &machine.MsgChallenge{Challenger: alice, MachineId: long})
				return err
			},
			"offline as": func() error {
				_, err := c.machine.SetOffline(c.ctx, &machine.MsgSetOffline{Operator: long, MachineId: id})
				return err
			},
			"answer as": func() error {
				_, err := c.machine.AnswerChallenge(c.ctx, &machine.MsgAnswerChallenge{Operator: long, MachineId: id})
				return err
			},
			"retire as": func() error {
				_, err := c.machine.Retire(c.ctx, &machine.MsgRetire{Owner: long, MachineId: id})
				return err
			},
			"withdraw as": func() error {
				_, err := c.machine.WithdrawStake(c.ctx, &machine.MsgWithdrawStake{Owner: long, MachineId: id})
				return err
			},
			"add stake as": func() error {
				_, err := c.machine.AddStake(c.ctx, &machine.MsgAddStake{Sender: long, MachineId: id, Amount: 1})
				return err
			},
			"release a card as": func() error {
				_, err := c.machine.ReleaseGPU(c.ctx, &machine.MsgReleaseGPU{Authority: long, GpuId: "GPU-1"})
				return err
			},
			"release a card": func() error {
				_, err := c.machine.ReleaseGPU(c.ctx, &machine.MsgReleaseGPU{Authority: c.machines.Authority(), GpuId: long})
				return err
			},
			"machine parameters": func() error {
				_, err := c.machine.UpdateParams(c.ctx, &machine.MsgUpdateParams{Authority: long})
				return err
			},
			"bond as": func() error {
				_, err := c.machine.BondMachines(c.ctx, &machine.MsgBondMachines{Owner: long, Bonds: []machine.Bond{{MachineId: id}}})
				return err
			},
			"bond": func() error {
				_, err := c.machine.BondMachines(c.ctx, &machine.MsgBondMachines{Owner: alice, Bonds: []machine.Bond{{MachineId: long}}})
				return err
			},
			"price as": func() error {
				_, err := c.machine.SetPrice(c.ctx, &machine.MsgSetPrice{Operator: long, Prices: []machine.PriceChange{{MachineId: id}}})
				return err
			},
			"drain as": func() error {
				_, err := c.machine.Drain(c.ctx, &machine.MsgDrain{Operator: long, MachineIds: []string{id}})
				return err
			},
		} {
			err := send()
			require.Error(t, err, name)
			require.Less(t, len(err.Error()), 1_000, name)
		}
	}
}
