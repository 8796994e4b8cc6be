package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/machine"
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
			order, err := s.parseOrder(cmd.Context(), args[0], args[1], slots)
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

// parseOrder asks the chain where of is only the beginning of an id, once
// all words are right.
func (s *settings) parseOrder(ctx context.Context, of, duration string, slots uint32) (client.Order, error) {
	if _, err := parseMachineID(of); err != nil {
		return client.Order{}, err
	}
	seconds, err := client.ParseDuration(duration)
	if err != nil {
		return client.Order{}, err
	}
	machineID, err := s.machineID(ctx, of)
	if err != nil {
		return client.Order{}, err
	}
	return client.Order{MachineID: machineID, Seconds: seconds, Slots: slots}, nil
}

// shortestID is the fewest digits that stand for a machine's id.
const shortestID = 4

// machineID is the id that text is, or the only one on the chain that begins
// with it. The chain answers, and no index: a quote is paid to what it names.
func (s *settings) machineID(ctx context.Context, text string) (string, error) {
	id, err := parseMachineID(text)
	if err != nil || len(id) == 2*machineBytes {
		return id, err
	}
	c, err := s.dial(ctx)
	if err != nil {
		return "", err
	}
	// A page begins at the first id that is not before its key.
	res, err := c.Machines(ctx, machine.QueryMachinesRequest{Pagination: &query.PageRequest{Key: []byte(id), Limit: 2}})
	if err != nil {
		return "", err
	}
	var fitting []string
	for _, l := range res.Listings {
		if strings.HasPrefix(l.Machine.Id, id) {
			fitting = append(fitting, l.Machine.Id)
		}
	}
	switch len(fitting) {
	case 1:
		return fitting[0], nil
	case 0:
		return "", fmt.Errorf("machine %s: none begins with it (dbc machines shows them): %w", id, chain.ErrNotFound)
	}
	return "", usagef("machine %s fits several: %s", id, strings.Join(fitting, ", "))
}

// wholeIDs puts the whole id in the place of the beginning of a machine's, for the
// commands of hosts.
func (s *settings) wholeIDs(cmd *cobra.Command, args []string) error {
	if cmd.Parent() == nil || s.completing {
		return nil
	}
	path := strings.Fields(cmd.CommandPath())
	if len(path) < 2 || path[1] != "host" {
		return nil
	}
	for i, word := range strings.Fields(cmd.Use)[1:] {
		if i >= len(args) || strings.Trim(word, "[].") != "MACHINE" {
			continue
		}
		id, err := s.machineID(cmd.Context(), args[i])
		if err != nil {
			return err
		}
		args[i] = id
	}
	return nil
}

const machineBytes = 32

// parseMachineID takes capitals and a leading 0x, which other wallets show, and
// the beginning of an id.
func parseMachineID(text string) (string, error) {
	id := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(text)), "0x")
	switch wrong := strings.TrimLeft(id, "0123456789abcdef"); {
	case wrong != "":
		return "", usagef("machine %q: an id has 64 hex digits (0-9, a-f), as dbc machines shows them; its first %d are enough if no other begins so", text, shortestID)
	case len(id) < shortestID || len(id) > 2*machineBytes:
		return "", usagef("machine %q: an id has 64 hex digits, this has %d; the first %d or more are enough if no other begins so", text, len(id), shortestID)
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
	row(w, "Fee:", client.FormatDBC(q.Fee)+", which comes back only if the machine fails the trial")
	row(w, "Total:", client.FormatDBC(q.Total)+" and gas")
	if q.Deadline != nil {
		row(w, "Confirm by:", clock(*q.Deadline)+", else the rent comes back and half of the fee is the host's")
	}
	row(w, "End:", clock(q.End))
}
