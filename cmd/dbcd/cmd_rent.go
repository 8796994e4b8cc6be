package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	flagSlots          = "slots"
	flagMaxTotal       = "max-total"
	flagListingVersion = "listing-version"
)

// addRentalCommands adds to `tx rental` what AutoCLI can't do: lengths in days
// and hours, and bounds taken from a quote.
func addRentalCommands(root *cobra.Command) error {
	group, _, err := root.Find([]string{"tx", rental.ModuleName})
	if err != nil || group.Name() != rental.ModuleName {
		return fmt.Errorf("find commands of %s: %w", rental.ModuleName, err)
	}
	group.AddCommand(newRentMachineCommand(), newReletMachineCommand())
	return nil
}

func newRentMachineCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rent-machine MACHINE_ID DURATION",
		Short: "Rent a machine, or slots of it, for a time as 72h or 3d",
		Long: `Rent a machine, or slots of it. The rent goes into escrow and comes back in
whole unless the rental is confirmed before its deadline; the fee does not.

The total and the listing's version are taken from a quote and sent along, so
that nothing dearer than what is shown here can be rented.`,
		Example: `  dbcd tx rental rent-machine 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29 3d --from alice
  dbcd tx rental rent-machine 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29 72h --slots 1 --from alice`,
		Args: cobra.ExactArgs(2),
		RunE: runRentMachine,
	}
	cmd.Flags().Uint32(flagSlots, 0, "how many slots; 0 is the whole machine")
	addBounds(cmd)
	return cmd
}

func addBounds(cmd *cobra.Command) {
	cmd.Flags().Uint64(flagMaxTotal, 0, "refuse more than this, in udbc, instead of the quoted total")
	cmd.Flags().Uint64(flagListingVersion, 0, "refuse another version of the listing than this, instead of the quoted one")
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
	duration, err := parseDuration(args[1])
	if err != nil {
		return err
	}
	msg := &rental.MsgRentMachine{
		Renter: clientCtx.GetFromAddress().String(), MachineId: args[0],
		DurationSeconds: uint64(duration.Seconds()), Slots: slots,
	}
	if _, err := machine.ParseID(msg.MachineId); err != nil {
		return err
	}
	quote := &rental.QueryQuoteRequest{MachineId: msg.MachineId, DurationSeconds: msg.DurationSeconds, Slots: slots}
	if msg.MaxTotal, msg.ListingVersion, err = bounds(cmd, clientCtx, quote); err != nil {
		return err
	}
	return tx.GenerateOrBroadcastTxCLI(clientCtx, cmd.Flags(), msg)
}

// bounds come from flags or else from a quote, which is shown beside the result.
func bounds(cmd *cobra.Command, clientCtx client.Context, request *rental.QueryQuoteRequest) (maxTotal, version uint64, err error) {
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
		return 0, 0, fmt.Errorf("--%s is set: --%s and --%s must be given, because there is nobody to ask for a quote",
			flags.FlagOffline, flagMaxTotal, flagListingVersion)
	}
	quote, err := rental.NewQueryClient(clientCtx).Quote(cmd.Context(), request)
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
