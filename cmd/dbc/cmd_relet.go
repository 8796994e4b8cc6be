package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

type reletReply struct {
	txReply
	Rent uint64    `json:"rent_udbc"`
	End  time.Time `json:"end"`
}

func newReletCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "relet [RENT_ID] DURATION",
		Aliases: []string{"renew"},
		Short:   "Renew a confirmed rental by so much time",
		Example: "  dbc relet 1d\n  dbc relet 7 1d",
		Long:    "Where only one rental is confirmed, it needs no RENT_ID.",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			word, length := "", args[len(args)-1]
			if len(args) == 2 {
				word = args[0]
			} else if strings.Trim(length, "0123456789") == "" {
				return usagef("relet %s: is that a rental or a number of days? dbc relet %s DURATION, or dbc relet %sd", length, length, length)
			}
			seconds, err := rental.ParseDuration(length)
			if err != nil {
				return err
			}
			id, err := rentalOf(s, cmd, word, "confirmed rental", xrental.RENTAL_STATE_ACTIVE)
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
