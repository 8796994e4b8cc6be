package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/rental"
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
}

func newQuoteCommand(s *settings) *cobra.Command {
	var slots uint32
	cmd := &cobra.Command{
		Use:     "quote MACHINE DURATION",
		Short:   "Say what renting would cost now",
		Example: "  dbc quote MACHINE 3d\n  dbc quote MACHINE 2h --slots 1",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			order, err := parseOrder(args[0], args[1], slots)
			if err != nil {
				return err
			}
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			quote, err := client.Renter{Chain: c}.Quote(cmd.Context(), order)
			if err != nil {
				return err
			}
			reply := newQuoteReply(order, quote)
			return s.show(cmd, reply, func(w io.Writer) { writeQuote(w, reply) })
		},
	}
	cmd.Flags().Uint32Var(&slots, "slots", 0, "slots to rent (default the whole machine)")
	return cmd
}

func parseOrder(machineID, duration string, slots uint32) (client.Order, error) {
	machineID, err := parseMachineID(machineID)
	if err != nil {
		return client.Order{}, err
	}
	seconds, err := client.ParseDuration(duration)
	if err != nil {
		return client.Order{}, err
	}
	return client.Order{MachineID: machineID, Seconds: seconds, Slots: slots}, nil
}

// parseMachineID takes capitals and a leading 0x, which other wallets show.
func parseMachineID(text string) (string, error) {
	id := strings.TrimPrefix(strings.ToLower(text), "0x")
	if raw, err := hex.DecodeString(id); err != nil || len(raw) != 32 {
		return "", usagef("machine %q: 64 hex digits wanted, as dbc machines shows them", text)
	}
	return id, nil
}

func newQuoteReply(order client.Order, q *rental.QueryQuoteResponse) quoteReply {
	return quoteReply{
		MachineID: order.MachineID, Seconds: order.Seconds, Slots: q.Slots, Rent: q.Rent, Fee: q.Fee,
		Total: q.Total, Listing: q.ListingVersion, End: q.End, Deadline: q.Deadline,
	}
}

func writeQuote(w io.Writer, q quoteReply) {
	row(w, "Rent:", fmt.Sprintf("%s for %s, slots %v", client.FormatDBC(q.Rent), client.FormatDuration(q.Seconds), q.Slots))
	row(w, "Fee:", client.FormatDBC(q.Fee)+", which does not come back")
	row(w, "Total:", client.FormatDBC(q.Total)+" and gas")
	if q.Deadline != nil {
		row(w, "Confirm by:", clock(*q.Deadline)+", else the rent comes back")
	}
	row(w, "End:", clock(q.End))
}
