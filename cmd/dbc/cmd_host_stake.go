package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/machine"
)

func newHostStakeCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "stake",
		Short:   "Fill up a machine's stake",
		Example: "  dbc host stake add MACHINE 500 --wallet owner",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(&cobra.Command{
		Use:     "add MACHINE DBC",
		Short:   "Add to a machine's stake; anybody may. Below nine tenths of what it needs it takes no new rental",
		Example: "  dbc host status MACHINE\n  dbc host stake add MACHINE 500 --wallet owner",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkMachineID(args[0]); err != nil {
				return err
			}
			udbc, err := someDBC("amount", args[1])
			if err != nil {
				return err
			}
			if err := s.sure(cmd, fmt.Sprintf("%s go into the stake of machine %s: they are its owner's from then on, and locked until %s after the machine has retired.",
				client.FormatDBC(udbc), args[0], lockTime(cmd.Context(), s))); err != nil {
				return err
			}
			return sendAsOperator(s, cmd, fmt.Sprintf("%s went into the stake of %s", client.FormatDBC(udbc), args[0]),
				func(sender string) sdk.Msg {
					return &machine.MsgAddStake{Sender: sender, MachineId: args[0], Amount: udbc}
				})
		},
	})
	return cmd
}

func newHostRetireCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "retire MACHINE",
		Short: "End a machine's listing for good; the stake comes back later",
		Long: "Refused while slots are rented: drain the machine first. The stake can be withdrawn once the unbonding\n" +
			"time has passed, which dbc host status shows.",
		Example: "  dbc host drain MACHINE --in 48h --wallet operator\n  dbc host retire MACHINE --wallet owner",
		Args:    machineArgs(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			lock := lockWords(cmd.Context(), s)
			if err := s.sure(cmd, fmt.Sprintf("Machine %s leaves the market for good: its stake stays locked for %s, and until it is withdrawn the machine can be "+
				"neither opened nor bonded again. To pause it, dbc host offline is enough.", args[0], lock)); err != nil {
				return err
			}
			return sendAsOperator(s, cmd, fmt.Sprintf("%s is retired; next: dbc host withdraw, after %s", args[0], lock), func(owner string) sdk.Msg {
				return &machine.MsgRetire{Owner: owner, MachineId: args[0]}
			})
		},
	}
}

// lockWords returns for how long the stake of a machine that is retired now can't be withdrawn.
func lockWords(ctx context.Context, s *settings) string {
	unbonding, err := unbonding(ctx, s)
	if err != nil {
		return unknownLock
	}
	now := time.Now()
	return fmt.Sprintf("%s (until about %s)", client.Until(now, now.Add(unbonding)), clock(now.Add(unbonding)))
}

// lockTime is how long a machine's stake stays locked after its retirement.
func lockTime(ctx context.Context, s *settings) string {
	unbonding, err := unbonding(ctx, s)
	if err != nil {
		return unknownLock
	}
	now := time.Now()
	return client.Until(now, now.Add(unbonding))
}

const unknownLock = "the unbonding time"

func unbonding(ctx context.Context, s *settings) (time.Duration, error) {
	c, err := s.dial(ctx)
	if err != nil {
		return 0, err
	}
	params, err := c.MachineParams(ctx)
	if err != nil {
		return 0, err
	}
	return params.UnbondingTime, nil
}

type withdrawReply struct {
	txReply
	Withdrawn uint64 `json:"withdrawn_udbc"`
}

func newHostWithdrawCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "withdraw MACHINE",
		Short:   "Take back the stake of a retired machine",
		Example: "  dbc host withdraw MACHINE --wallet owner",
		Args:    machineArgs(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			owner, c, err := s.renter(cmd)
			if err != nil {
				return err
			}
			tx, err := c.Broadcast(cmd.Context(), owner.Wallet, &machine.MsgWithdrawStake{
				Owner: owner.Wallet.Address(), MachineId: args[0],
			})
			if err != nil {
				return fmt.Errorf("withdraw the stake of %s: %w", args[0], err)
			}
			var res machine.MsgWithdrawStakeResponse
			if err := tx.Response(0, &res); err != nil {
				return err
			}
			s.sayEarlier(cmd, tx)
			return s.show(cmd, withdrawReply{newTxReply(0, tx), res.Amount}, func(w io.Writer) {
				fmt.Fprintf(w, "%s came back to %s (block %d, gas %s).\n",
					client.FormatDBC(res.Amount), owner.Wallet.Address(), tx.Height, client.FormatDBC(tx.Fee))
			})
		},
	}
}
