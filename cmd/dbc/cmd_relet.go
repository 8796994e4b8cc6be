package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
)

type reletReply struct {
	txReply
	Rent uint64    `json:"rent_udbc"`
	End  time.Time `json:"end"`
}

func newReletCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "relet RENT_ID DURATION",
		Aliases: []string{"renew"},
		Short:   "Renew a confirmed rental by so much time",
		Example: "  dbc relet 7 1d",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseRentID(args[0])
			if err != nil {
				return err
			}
			seconds, err := client.ParseDuration(args[1])
			if err != nil {
				return err
			}
			renter, _, err := s.renter(cmd)
			if err != nil {
				return err
			}
			renewed, earlier, err := renter.EarlierRenewal(cmd.Context(), id, seconds)
			if err != nil {
				return err
			}
			if !earlier {
				quote, err := renter.QuoteRenewal(cmd.Context(), id, seconds)
				if err != nil {
					return err
				}
				if renewed, err = renter.Renew(cmd.Context(), id, seconds, quote); err != nil {
					return err
				}
			}
			s.sayEarlier(cmd, renewed.Tx)
			reply := reletReply{txReply: newTxReply(id, renewed.Tx), Rent: renewed.Rent, End: renewed.End}
			return s.show(cmd, reply, func(w io.Writer) {
				fmt.Fprintf(w, "Rental %d now ends %s; %s paid (block %d, gas %s).\n",
					id, clock(renewed.End), client.FormatDBC(renewed.Rent), renewed.Tx.Height, client.FormatDBC(renewed.Tx.Fee))
			})
		},
	}
}
