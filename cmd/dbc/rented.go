package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/x/rental"
)

// machineFlag is for the rare wallet that rents on several machines.
func machineFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "machine", "", "the machine it is on, or the beginning of its id (default found by your open rentals)")
}

// errNoRental means that there is no machine to ask.
var errNoRental = errors.New("you have no open rental, and no machine keeps disks of yours: dbc rent makes one, --machine asks a machine all the same")

// keptAtMost bounds how long after its end a rental's disks are kept: for as
// long as it lasted, and no longer than this.
const keptAtMost = 10 * 24 * time.Hour

// mayKeep reports whether a rental's machine may still keep its disks. Those of a
// refunded trial are deleted at once.
func mayKeep(r rental.Rental, now time.Time) bool {
	if r.State != rental.RENTAL_STATE_ENDED && r.State != rental.RENTAL_STATE_BROKEN {
		return false
	}
	return now.Before(r.End.Add(min(keptAtMost, r.End.Sub(r.Start))))
}

// theirMachines are the machines of the wallet's open rentals, and those that
// may keep disks of past rentals; seen has the block of the newest change on each.
func theirMachines(ctx context.Context, c *chain.Client, w *market.Wallet) (open, keeping []string, seen map[string]int64, err error) {
	rentals, err := market.Rentals(ctx, c, w.Address(), false)
	if err != nil {
		return nil, nil, nil, err
	}
	seen = map[string]int64{}
	for _, r := range rentals {
		seen[r.MachineId] = max(seen[r.MachineId], market.Seen(r))
	}
	now := time.Now()
	for _, r := range rentals {
		if isOpen := r.State == rental.RENTAL_STATE_TRIAL || r.State == rental.RENTAL_STATE_ACTIVE; isOpen && !slices.Contains(open, r.MachineId) {
			open = append(open, r.MachineId)
		}
	}
	for _, r := range rentals {
		if mayKeep(r, now) && !slices.Contains(open, r.MachineId) && !slices.Contains(keeping, r.MachineId) {
			keeping = append(keeping, r.MachineId)
		}
	}
	return open, keeping, seen, nil
}

// rentedMachines returns those that a command asks: the named one, the session's, or
// all that the wallet rents.
func rentedMachines(ctx context.Context, s *settings, cmd *cobra.Command, machineID string) ([]asked, error) {
	if machineID != "" {
		id, err := wholeMachineID(ctx, s, machineID)
		if err != nil {
			return nil, err
		}
		machineID = id
	}
	if s.session != "" {
		return inSession(ctx, s, machineID)
	}
	renter, c, err := s.renter(cmd)
	if err != nil {
		return nil, err
	}
	ids, seen := []string{machineID}, map[string]int64{}
	if machineID == "" {
		var open, keeping []string
		open, keeping, seen, err = theirMachines(ctx, c, renter.Wallet)
		if err != nil {
			return nil, err
		}
		// Disks kept on other machines are only looked for if nothing is rented.
		if ids = open; len(ids) == 0 || s.all {
			ids = append(ids, keeping...)
		}
		if len(ids) == 0 {
			return nil, errNoRental
		}
	}
	list := make([]asked, len(ids))
	for i, id := range ids {
		n, err := s.machine(ctx, renter.Wallet, id)
		if err != nil {
			return nil, err
		}
		n.Seen(seen[id])
		list[i] = asked{id, n}
	}
	return list, nil
}

// inSession returns the machine of the session's file: no wallet is needed.
func inSession(ctx context.Context, s *settings, machineID string) ([]asked, error) {
	if err := s.resolve(); err != nil {
		return nil, err
	}
	key, err := client.ReadSessionKey(s.session)
	if err != nil {
		return nil, &usageError{err}
	}
	if machineID != "" && machineID != key.MachineID {
		return nil, usagef("--machine %s: the session is for %s", machineID, key.MachineID)
	}
	s.chainID = key.ChainID
	via, err := s.via(ctx, key.MachineID)
	if err != nil {
		return nil, err
	}
	via.DryRun = s.dryRun
	n, err := key.Node(via)
	if err != nil {
		return nil, &usageError{err}
	}
	return []asked{{key.MachineID, n}}, nil
}

// findTask also returns the machine that the task is on.
func findTask(
	ctx context.Context, s *settings, cmd *cobra.Command, machineID, word string,
) (task api.Task, on *client.Node, err error) {
	at, err := locate(ctx, s, cmd, machineID, word, virtualMachine)
	if err != nil {
		return api.Task{}, nil, err
	}
	if task, err = at.node.Task(ctx, at.thing); err != nil {
		return api.Task{}, nil, fmt.Errorf("virtual machine %s: %w", at.thing, err)
	}
	return task, at.node, nil
}
