package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/machine"
)

// shortestID is the fewest digits that may name a machine.
const shortestID = 4

const machineBytes = 32

// parseMachineID accepts capitals and a leading 0x, which other wallets show,
// and the beginning of an id.
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

// wholeMachineID returns the id that text is, or the only one on the chain that begins with it.
// It asks the chain, not an index: a quote is paid to what it names.
func wholeMachineID(ctx context.Context, s *settings, text string) (string, error) {
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

// wholeIDs replaces the beginning of a machine's id by the whole id, for the
// commands of hosts.
func wholeIDs(s *settings, cmd *cobra.Command, args []string) error {
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
		id, err := wholeMachineID(cmd.Context(), s, args[i])
		if err != nil {
			return err
		}
		args[i] = id
	}
	return nil
}
