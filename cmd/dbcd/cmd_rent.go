package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

const (
	flagSlots          = "slots"
	flagMaxTotal       = "max-total"
	flagListingVersion = "listing-version"
)

// addRentalCommands adds to `tx rental` what AutoCLI cannot do: durations in
// days and hours, and bounds taken from a quote.
func addRentalCommands(root *cobra.Command) error {
	group, _, err := root.Find([]string{"tx", xrental.ModuleName})
	if err != nil || group.Name() != xrental.ModuleName {
		return fmt.Errorf("find commands of %s: %w", xrental.ModuleName, err)
	}
	group.AddCommand(newRentMachineCommand(), newReletMachineCommand())
	return nil
}

func newRentMachineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rent-machine MACHINE_ID DURATION",
		Short: "Rent a machine, or some of its slots, for a duration such as 72h or 3d",
		Long: `Rent a machine, or slots of it. The rent goes into escrow and comes back in
whole unless the rental is confirmed before its deadline; the fee does not.

The total and the listing's version are taken from a quote and sent along, so
that nothing dearer than what is shown here can be rented.`,
		Example: `  dbcd tx rental rent-machine 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29 3d --from alice
  dbcd tx rental rent-machine 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29 72h --slots 1 --from alice`,
		Args: cobra.ExactArgs(2),
		RunE: runRentMachine,
	}
	cmd.Flags().Uint32(flagSlots, 0, "number of slots; 0 means the whole machine")
	addBounds(cmd)
	return cmd
}

func addBounds(cmd *cobra.Command) {
	cmd.Flags().Uint64(flagMaxTotal, 0, "maximum total in udbc, instead of the quoted total")
	cmd.Flags().Uint64(flagListingVersion, 0, "required version of the listing, instead of the quoted one")
	flags.AddTxFlagsToCmd(cmd)
}

func runRentMachine(cmd *cobra.Command, args []string) error {
	clientCtx, err := client.GetClientTxContext(cmd)
	if err != nil {
		return err
	}
	slots, err := cmd.Flags().GetUint32(flagSlots)
	if err != nil {
		return err
	}
	seconds, err := rental.ParseDuration(args[1])
	if err != nil {
		return err
	}
	msg := &xrental.MsgRentMachine{
		Renter: clientCtx.GetFromAddress().String(), MachineId: args[0],
		DurationSeconds: seconds, Slots: slots,
	}
	if _, err := machine.ParseID(msg.MachineId); err != nil {
		return err
	}
	quote := &xrental.QueryQuoteRequest{MachineId: msg.MachineId, DurationSeconds: msg.DurationSeconds, Slots: slots}
	if msg.MaxTotal, msg.ListingVersion, err = bounds(cmd, clientCtx, quote); err != nil {
		return err
	}
	return tx.GenerateOrBroadcastTxCLI(clientCtx, cmd.Flags(), msg)
}

// bounds returns the bounds from flags or from a quote, which is shown next to
// the result.
func bounds(cmd *cobra.Command, clientCtx client.Context, request *xrental.QueryQuoteRequest) (maxTotal, version uint64, err error) {
	if maxTotal, err = cmd.Flags().GetUint64(flagMaxTotal); err != nil {
		return 0, 0, err
	}
	if version, err = cmd.Flags().GetUint64(flagListingVersion); err != nil {
		return 0, 0, err
	}
	if maxTotal > 0 && version > 0 {
		return maxTotal, version, nil
	}
	if clientCtx.Offline {
		return 0, 0, fmt.Errorf("--%s is set: --%s and --%s must be given, because no quote can be requested",
			flags.FlagOffline, flagMaxTotal, flagListingVersion)
	}
	quote, err := xrental.NewQueryClient(clientCtx).Quote(cmd.Context(), request)
	if err != nil {
		return 0, 0, err
	}
	cmd.PrintErrf("quote: rent %d udbc, fee %d udbc, total %d udbc, until %s\n", quote.Rent, quote.Fee, quote.Total, quote.End.UTC().Format("2006-01-02 15:04:05 MST"))
	if maxTotal == 0 {
		maxTotal = quote.Total
	}
	if version == 0 {
		version = quote.ListingVersion
	}
	return maxTotal, version, nil
}
