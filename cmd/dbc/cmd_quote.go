package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

type quoteReply struct {
	MachineID string     `json:"machine_id,omitempty"`
	RentID    uint64     `json:"rent_id,omitempty"`
	Seconds   uint64     `json:"duration_seconds"`
	Slots     []uint32   `json:"slots"`
	Rent      uint64     `json:"rent_udbc"`
	Fee       uint64     `json:"fee_udbc"`
	Total     uint64     `json:"total_udbc"`
	Listing   uint64     `json:"listing_version"`
	End       time.Time  `json:"end"`
	Deadline  *time.Time `json:"deadline,omitempty"`
	// Notice is 0 where confirmed rent does not come back; Leave says what leaving
	// right after the confirmation, or at LeaveAt, would bring.
	Notice uint64      `json:"exit_notice_seconds"`
	Leave  *leaveTerms `json:"leave,omitempty"`
	// leaveAt reports that a time was named.
	leaveAt bool
}

func newQuoteCommand(s *settings) *cobra.Command {
	var (
		slots uint32
		leave string
	)
	cmd := &cobra.Command{
		Use:     "quote MACHINE DURATION",
		Short:   "Say what renting would cost now, and whether one can leave before the end",
		Example: "  dbc quote MACHINE 3d\n  dbc quote MACHINE 2h --slots 1\n  dbc quote MACHINE 3d --leave-at 12h",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var when moment
			if cmd.Flags().Changed("leave-at") {
				var err error
				if when, err = parseMoment("--leave-at", leave); err != nil {
					return err
				}
			}
			order, err := parseOrder(cmd.Context(), s, args[0], args[1], slots)
			if err != nil {
				return err
			}
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			if when != (moment{}) {
				if order.LeaveAt, err = when.on(cmd.Context(), c); err != nil {
					return err
				}
			}
			quote, err := market.Renter{Chain: c}.Quote(cmd.Context(), order)
			if err != nil {
				return err
			}
			reply := newQuoteReply(order, quote)
			return s.show(cmd, reply, func(w io.Writer) { writeQuote(w, reply) })
		},
	}
	cmd.Flags().Uint32Var(&slots, "slots", 0, "slots to rent (default the whole machine)")
	cmd.Flags().StringVar(&leave, "leave-at", "", leaveAtUsage)
	return cmd
}

// parseOrder asks the chain if a machine is named by the beginning of its id,
// after all arguments have been checked.
func parseOrder(ctx context.Context, s *settings, of, duration string, slots uint32) (market.Order, error) {
	if _, err := parseMachineID(of); err != nil {
		return market.Order{}, err
	}
	seconds, err := rental.ParseDuration(duration)
	if err != nil {
		return market.Order{}, err
	}
	machineID, err := wholeMachineID(ctx, s, of)
	if err != nil {
		return market.Order{}, err
	}
	return market.Order{MachineID: machineID, Seconds: seconds, Slots: slots}, nil
}

func newQuoteReply(order market.Order, q *xrental.QueryQuoteResponse) quoteReply {
	return quoteReply{
		MachineID: order.MachineID, Seconds: order.Seconds, Slots: q.Slots, Rent: q.Rent, Fee: q.Fee,
		Total: q.Total, Listing: q.ListingVersion, End: q.End, Deadline: q.Deadline,
		Notice: q.Leave.GetNoticeSeconds(), Leave: newLeaveTerms(q.Leave), leaveAt: !order.LeaveAt.IsZero(),
	}
}

func writeQuote(w io.Writer, q quoteReply) {
	row(w, "Rent:", fmt.Sprintf("%s for %s, slots %v", client.FormatDBC(q.Rent), rental.FormatDuration(q.Seconds), q.Slots))
	row(w, "Fee:", client.FormatDBC(q.Fee)+", which comes back only if the machine fails the trial")
	row(w, "Total:", client.FormatDBC(q.Total)+" and gas")
	if q.Deadline != nil {
		row(w, "Confirm by:", clock(*q.Deadline)+", else the rent comes back and half of the fee is the host's")
	}
	row(w, "End:", clock(q.End))
	row(w, "Leave:", noticeText(q.Notice))
	if l := q.Leave; l != nil && q.leaveAt {
		row(w, "Leaving "+clock(l.At)+":", l.bringsText(clock))
	}
}
