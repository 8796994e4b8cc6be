package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

type cancelReply struct {
	txReply

	Cause     string `json:"cause"`
	FeeToHost uint64 `json:"fee_to_host_udbc"`
	FeeToPool uint64 `json:"fee_to_pool_udbc"`
}

func newCancelCommand(s *settings) *cobra.Command {
	var word string
	cmd := &cobra.Command{
		Use:   "cancel RENT_ID",
		Short: "End a trial: the whole rent comes back, the fee does not",
		Long: "The cause is your word, and the chain keeps it. Of a changed mind, half of the fee is the host's and half\n" +
			"the community pool's; with any other cause all of it is the pool's. Without --cause the machine is asked:\n" +
			"where no virtual machine of the rental ever ran the cause is not-ready, where the machine gives no answer\n" +
			"unreachable, else changed-mind. One that was deleted counts where dbc vm create saw it run on this computer.",
		Example: "  dbc cancel 7\n  dbc cancel 7 --cause mismatch",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseRentID(args[0])
			if err != nil {
				return err
			}
			cause, err := parseCause(word)
			if err != nil {
				return err
			}
			return cancelRental(s, cmd, id, cause)
		},
	}
	cmd.Flags().StringVar(&word, "cause", "", "why: "+strings.Join(rental.Causes(), ", ")+" (default what the machine tells)")
	return cmd
}

func parseCause(word string) (rental.Cause, error) {
	cause, ok := rental.ParseCause(word)
	if !ok && word != "" {
		return cause, usagef("--cause %q: one of %s wanted", word, strings.Join(rental.Causes(), ", "))
	}
	return cause, nil
}

func cancelRental(s *settings, cmd *cobra.Command, id uint64, cause rental.Cause) error {
	renter, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	if cause == rental.CauseNone {
		if cause, err = causeOf(s, cmd, c, renter.Wallet, id); err != nil {
			return err
		}
	}
	done, err := renter.Cancel(cmd.Context(), id, xrental.Cause(cause))
	if err != nil {
		return err
	}
	s.sayEarlier(cmd, done.Tx)
	reply := newCancelReply(done, cause)
	return s.show(cmd, reply, func(w io.Writer) {
		fmt.Fprintf(w, "Rental %d is over; %s came back (block %d, gas %s).\n",
			id, client.FormatDBC(done.Refunded), reply.Height, client.FormatDBC(reply.Gas))
		if reply.Cause != "" {
			row(w, "Cause:", reply.Cause)
		}
		row(w, "Fee:", feeText(done))
	})
}

func newCancelReply(done market.Cancelled, cause rental.Cause) cancelReply {
	reply := cancelReply{txReply: newTxReply(done.RentID, done.Tx), FeeToHost: done.FeeToHost, FeeToPool: done.FeeToPool}
	reply.Refunded = done.Refunded
	if !done.Tx.Earlier { // which may have named another
		reply.Cause = cause.String()
	}
	return reply
}

// feeText says who has the fee of a cancelled trial now.
func feeText(done market.Cancelled) string {
	pool := client.FormatDBC(done.FeeToPool) + " to the community pool"
	if done.FeeToHost == 0 {
		return pool
	}
	return client.FormatDBC(done.FeeToHost) + " to the host, " + pool
}
