package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/x/rental"
)

func newVMCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "vm",
		Short:   "Make, operate and delete virtual machines",
		Example: "  dbc vm create 7 --ssh-port 5682\n  dbc vm list",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(newVMCreateCommand(s), newVMShowCommand(s), newVMListCommand(s), newVMDeleteCommand(s))
	cmd.AddCommand(newVMOperationCommands(s)...)
	cmd.AddCommand(newVMModifyCommand(s), newVMLogsCommand(s), newVMConsoleCommand(s), newVMVNCCommand(s), newVMPasswdCommand(s))
	return cmd
}

// machineFlag is for the rare wallet that rents on several machines.
func machineFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "machine", "", "the machine it is on (default found by your open rentals)")
}

// errNoRental: without a rental no machine answers.
var errNoRental = errors.New("you have no open rental: dbc rent makes one, --machine asks a machine all the same")

// rentedMachines are the machines of the wallet's open rentals.
func rentedMachines(ctx context.Context, c *chain.Client, w *client.Wallet) ([]string, error) {
	res, err := c.RentalsByRenter(ctx, rental.QueryRentalsByRenterRequest{
		Renter: w.Address(), OpenOnly: true, Pagination: &query.PageRequest{Limit: 100},
	})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range res.Rentals {
		if !slices.Contains(ids, r.MachineId) {
			ids = append(ids, r.MachineId)
		}
	}
	if len(ids) == 0 {
		return nil, errNoRental
	}
	return ids, nil
}

// onMachine calls do on the named machine, or on each rented one until one
// knows the VM.
func (s *settings) onMachine(
	cmd *cobra.Command, machineID string, do func(ctx context.Context, n *client.Node) error,
) error {
	if machineID != "" {
		id, err := parseMachineID(machineID)
		if err != nil {
			return err
		}
		machineID = id
	}
	if s.session != "" {
		return s.inSession(cmd, machineID, do)
	}
	renter, c, err := s.renter(cmd)
	if err != nil {
		return err
	}
	ids := []string{machineID}
	if machineID == "" {
		if ids, err = rentedMachines(cmd.Context(), c, renter.Wallet); err != nil {
			return err
		}
	}
	for _, id := range ids {
		var n *client.Node
		if n, err = s.machine(cmd.Context(), renter.Wallet, id); err != nil {
			return err
		}
		err = do(cmd.Context(), n)
		var refused *client.NodeError
		if err == nil || !errors.As(err, &refused) || refused.Status != 404 {
			return err
		}
	}
	return err
}

// inSession calls do on the machine of the session's file: no wallet is needed.
func (s *settings) inSession(
	cmd *cobra.Command, machineID string, do func(ctx context.Context, n *client.Node) error,
) error {
	if err := s.resolve(); err != nil {
		return err
	}
	key, err := client.ReadSessionKey(s.session)
	if err != nil {
		return &usageError{err}
	}
	if machineID != "" && machineID != key.MachineID {
		return usagef("--machine %s: the session is for %s", machineID, key.MachineID)
	}
	s.chainID = key.ChainID
	via, err := s.via(cmd.Context(), key.MachineID)
	if err != nil {
		return err
	}
	n, err := key.Node(via)
	if err != nil {
		return &usageError{err}
	}
	return do(cmd.Context(), n)
}

// findTask also returns the machine that it is on.
func findTask(
	ctx context.Context, s *settings, cmd *cobra.Command, machineID, taskID string,
) (task api.Task, on *client.Node, err error) {
	err = s.onMachine(cmd, machineID, func(_ context.Context, n *client.Node) (err error) {
		task, err = n.Task(ctx, taskID)
		on = n
		return err
	})
	if err != nil {
		return api.Task{}, nil, fmt.Errorf("virtual machine %s: %w", taskID, err)
	}
	return task, on, nil
}
