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
	// Challenge is the one that was answered, 0 where none was open.
	Challenge uint64 `json:"challenge_id"`
}

func newHostAnswerCommand(s *settings) *cobra.Command {
	var nodeHome string
	cmd := &cobra.Command{
		Use:   "answer",
		Short: "Answer this machine's open challenge by hand",
		Long: "A node with operator_key in its core.conf answers by itself. Without it this has to come before the\n" +
			"challenge's deadline, or the machine goes offline. It needs the machine's key and the operator's wallet.",
		Example: "  dbc host answer --node-home ~/.dbc/mining --wallet operator",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return s.answer(cmd, nodeHome) },
	}
	nodeHomeFlag(cmd, &nodeHome)
	return cmd
}

func (s *settings) answer(cmd *cobra.Command, nodeHome string) error {
	h, err := s.openHost(nodeHome)
	if err != nil {
		return err
	}
	operator, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	msg, open, err := h.Answer(cmd.Context(), c, operator.Wallet.Address())
	if errors.Is(err, host.ErrNoChallenge) {
		return s.show(cmd, answerReply{}, func(w io.Writer) { fmt.Fprintln(w, "No challenge is open.") })
	}
	if err != nil {
		return err
	}
	tx, err := c.Broadcast(cmd.Context(), operator.Wallet, msg)
	if err != nil {
		return fmt.Errorf("answer challenge %d: %w", open.Id, err)
	}
	s.sayEarlier(cmd, tx)
	return s.show(cmd, answerReply{newTxReply(0, tx), open.Id}, func(w io.Writer) {
		fmt.Fprintf(w, "Challenge %d is answered; its deposit of %s is the operator's (block %d, gas %s).\n",
			open.Id, client.FormatDBC(open.Deposit), tx.Height, client.FormatDBC(tx.Fee))
	})
}
