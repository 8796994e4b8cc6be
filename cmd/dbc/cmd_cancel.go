package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
)

func newCancelCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "cancel RENT_ID",
		Short:   "End a trial: the whole rent comes back, the fee does not",
		Example: "  dbc cancel 7",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseRentID(args[0])
			if err != nil {
				return err
			}
			renter, _, err := s.renter(cmd)
			if err != nil {
				return err
			}
			refunded, tx, err := renter.Cancel(cmd.Context(), id)
			if err != nil {
				return err
			}
			s.sayEarlier(cmd, tx)
			reply := newTxReply(id, tx)
			reply.Refunded = refunded
			return s.show(cmd, reply, func(w io.Writer) {
				fmt.Fprintf(w, "Rental %d is over; %s came back (block %d, gas %s).\n",
					id, client.FormatDBC(refunded), tx.Height, client.FormatDBC(tx.Fee))
			})
		},
	}
}
