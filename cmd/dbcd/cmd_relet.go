package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/tx"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

func newReletMachineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "relet-machine RENT_ID|MACHINE_ID ADD_DURATION",
		Short: "Renew a rental by a duration such as 72h or 3d",
		Long: `Renew a confirmed rental. A machine id will do where you have exactly one open
rental on that machine.`,
		Example: `  dbcd tx rental relet-machine 17 12h --from alice
  dbcd tx rental relet-machine 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29 1d --from alice`,
		Args: cobra.ExactArgs(2),
		RunE: runReletMachine,
	}
	addBounds(cmd)
	return cmd
}

func runReletMachine(cmd *cobra.Command, args []string) error {
	clientCtx, err := client.GetClientTxContext(cmd)
	if err != nil {
		return err
	}
	seconds, err := rental.ParseDuration(args[1])
	if err != nil {
		return err
	}
	renter := clientCtx.GetFromAddress().String()
	rentID, err := rentIDOf(cmd, clientCtx, renter, args[0])
	if err != nil {
		return err
	}
	msg := &xrental.MsgReletMachine{Renter: renter, RentId: rentID, AddDurationSeconds: seconds}
	quote := &xrental.QueryQuoteRequest{RentId: rentID, DurationSeconds: msg.AddDurationSeconds}
	if msg.MaxTotal, msg.ListingVersion, err = bounds(cmd, clientCtx, quote); err != nil {
		return err
	}
	return tx.GenerateOrBroadcastTxCLI(clientCtx, cmd.Flags(), msg)
}

// rentIDOf parses a rent id, or finds the renter's only open rental on a
// machine.
func rentIDOf(cmd *cobra.Command, clientCtx client.Context, renter, arg string) (uint64, error) {
	if id, err := strconv.ParseUint(arg, 10, 64); err == nil && id > 0 {
		return id, nil
	}
	if _, err := machine.ParseID(arg); err != nil {
		return 0, fmt.Errorf("%q is neither a rent id nor a machine id: %w", arg, err)
	}
	if clientCtx.Offline {
		return 0, fmt.Errorf("offline, rentals of machine %s can't be looked up: give the rent id", arg)
	}
	open, err := xrental.NewQueryClient(clientCtx).RentalsByRenter(cmd.Context(),
		&xrental.QueryRentalsByRenterRequest{Renter: renter, OpenOnly: true})
	if err != nil {
		return 0, err
	}
	var ids []uint64
	for _, r := range open.Rentals {
		if r.MachineId == arg {
			ids = append(ids, r.Id)
		}
	}
	if len(ids) != 1 {
		return 0, fmt.Errorf("machine %s: %s has %d open rentals there %v; give a rent id", arg, renter, len(ids), ids)
	}
	return ids[0], nil
}
