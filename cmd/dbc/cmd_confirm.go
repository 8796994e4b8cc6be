package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/rental"
)

func newConfirmCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "confirm [RENT_ID]",
		Short:   "Confirm a rental: the rent can no longer be taken back",
		Example: "  dbc confirm\n  dbc confirm 7",
		Long:    "Where only one rental is on trial, it needs no RENT_ID.",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := rentalOf(s, cmd, first(args), "rental on trial", rental.RENTAL_STATE_TRIAL)
			if err != nil {
				return err
			}
			renter, _, err := s.renter(cmd)
			if err != nil {
				return err
			}
			tx, err := renter.Confirm(cmd.Context(), id)
			if err != nil {
				return err
			}
			s.sayEarlier(cmd, tx)
			return s.show(cmd, newTxReply(id, tx), func(w io.Writer) {
				fmt.Fprintf(w, "Rental %d is confirmed (block %d, gas %s).\n", id, tx.Height, client.FormatDBC(tx.Fee))
			})
		},
	}
}
