package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	rules "github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/machine"
)

type challengeReply struct {
	txReply
	MachineID   string     `json:"machine_id"`
	ChallengeID uint64     `json:"challenge_id"`
	Deposit     uint64     `json:"deposit_udbc"`
	Deadline    *time.Time `json:"deadline,omitempty"`
}

func newChallengeCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "challenge MACHINE",
		Short: "Demand, for a deposit, that a machine prove it is there",
		Long: "Anybody but the machine's owner and operator may, while no challenge is open, and its renters even then. If the\n" +
			"machine answers in time, its operator gets the deposit. Otherwise the deposit comes back, with a reward from the\n" +
			"machine's stake, and the machine counts as offline from the time of the challenge: open trials are refunded.",
		Example: "  dbc challenge MACHINE\n  dbc host status MACHINE",
		Args:    machineArgs(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := wholeMachineID(cmd.Context(), s, args[0])
			if err != nil {
				return err
			}
			return challenge(s, cmd, id)
		},
	}
}

func challenge(s *settings, cmd *cobra.Command, id string) error {
	challenger, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	params, err := c.MachineParams(cmd.Context())
	if err != nil {
		return err
	}
	if err := s.sure(cmd, fmt.Sprintf("Challenging machine %s costs a deposit of %s: if it answers within %s the deposit is its operator's, otherwise it comes back.",
		id, client.FormatDBC(params.ChallengeDeposit), rules.FormatDuration(uint64(params.AnswerWindow/time.Second)))); err != nil {
		return err
	}
	tx, err := c.Broadcast(cmd.Context(), challenger.Wallet, &machine.MsgChallenge{Challenger: challenger.Wallet.Address(), MachineId: id})
	if err != nil {
		return fmt.Errorf("challenge machine %s: %w", id, err)
	}
	var made machine.MsgChallengeResponse
	if err := tx.Response(0, &made); err != nil {
		return err
	}
	s.sayEarlier(cmd, tx)
	reply := challengeReply{txReply: newTxReply(0, tx), MachineID: id, ChallengeID: made.ChallengeId, Deposit: params.ChallengeDeposit}
	if open, err := c.Challenge(cmd.Context(), made.ChallengeId); err == nil { // otherwise dbc host status shows it
		reply.Deposit, reply.Deadline = open.Deposit, &open.Deadline
	}
	return s.show(cmd, reply, func(w io.Writer) {
		fmt.Fprintf(w, "Challenge %d of machine %s is open; %s are held (block %d, gas %s).\n",
			made.ChallengeId, id, client.FormatDBC(reply.Deposit), tx.Height, client.FormatDBC(tx.Fee))
		if reply.Deadline != nil {
			row(w, "Answer by:", clock(*reply.Deadline)+left(*reply.Deadline))
		}
		row(w, "Next:", "dbc host status "+id)
	})
}
