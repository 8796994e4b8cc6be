//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/host"
)

type answerReply struct {
	txReply
	// Challenges are those that were answered.
	Challenges []uint64 `json:"challenge_ids"`
}

func newHostAnswerCommand(s *settings) *cobra.Command {
	var nodeHome string
	cmd := &cobra.Command{
		Use:   "answer",
		Short: "Answer this machine's open challenges by hand",
		Long: "A node with operator_key in its core.conf answers by itself. Without it this has to come before a\n" +
			"challenge's deadline, or the machine goes offline. It needs the machine's key and the operator's wallet.",
		Example: "  dbc host answer --node-home ~/.dbc/mining --wallet operator",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return answerChallenge(s, cmd, nodeHome) },
	}
	nodeHomeFlag(cmd, &nodeHome)
	return cmd
}

func answerChallenge(s *settings, cmd *cobra.Command, nodeHome string) error {
	h, err := openHost(s, nodeHome)
	if err != nil {
		return err
	}
	operator, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	answers, open, err := h.Answer(cmd.Context(), c, operator.Wallet.Address())
	if errors.Is(err, host.ErrNoChallenge) {
		return s.show(cmd, answerReply{Challenges: []uint64{}}, func(w io.Writer) { fmt.Fprintln(w, "No challenge is open.") })
	}
	if err != nil {
		return err
	}
	var ids []uint64
	var deposits uint64
	for _, asked := range open {
		ids, deposits = append(ids, asked.Id), deposits+asked.Deposit
	}
	tx, err := c.Broadcast(cmd.Context(), operator.Wallet, answers...)
	if err != nil {
		return fmt.Errorf("answer challenges %v: %w", ids, err)
	}
	s.sayEarlier(cmd, tx)
	return s.show(cmd, answerReply{newTxReply(0, tx), ids}, func(w io.Writer) {
		fmt.Fprintf(w, "Answered: challenges %v; their deposits, %s, are the operator's (block %d, gas %s).\n",
			ids, client.FormatDBC(deposits), tx.Height, client.FormatDBC(tx.Fee))
	})
}
