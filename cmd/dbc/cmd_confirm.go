package main

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/rental"
)

// txReply is what is left to say of a transaction that has no result of its own.
type txReply struct {
	RentID   uint64 `json:"rent_id,omitempty"`
	Refunded uint64 `json:"refunded_udbc,omitempty"`
	Gas      uint64 `json:"gas_udbc"`
	Height   int64  `json:"height"`
	Hash     string `json:"tx_hash"`
}

func newTxReply(rentID uint64, tx chain.TxResult) txReply {
	return txReply{RentID: rentID, Gas: tx.Fee, Height: tx.Height, Hash: tx.Hash}
}

func newConfirmCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "confirm [RENT_ID]",
		Short:   "Confirm a rental: the rent can no longer be taken back",
		Example: "  dbc confirm\n  dbc confirm 7",
		Long:    "Where only one rental is on trial, it needs no RENT_ID.",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := s.rentalID(cmd, first(args), "rental on trial", rental.RENTAL_STATE_TRIAL)
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

func parseRentID(s string) (uint64, error) {
	id, err := strconv.ParseUint(s, 10, 64)
	if err != nil || id == 0 {
		return 0, usagef("rental %q: a number wanted, as dbc rentals shows it", s)
	}
	return id, nil
}
