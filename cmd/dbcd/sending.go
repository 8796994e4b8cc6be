package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
)

// errRefused means: the node took no transaction. The SDK prints its answer and
// reports success.
var errRefused = errors.New("the node refused the transaction")

// gasAdjustment is what a simulation is multiplied by: blocks between it and the
// transaction change what a message has to do.
const gasAdjustment = "1.5"

// sendingDefaults pays what a transaction needs unless the user says otherwise:
// the SDK's own defaults pay nothing and end in a refusal. Values from flags,
// files and the environment go first.
func sendingDefaults(cmd *cobra.Command) error {
	set := cmd.Flags()
	sends := strings.HasPrefix(cmd.CommandPath(), cmd.Root().Name()+" tx ") // not gentx, which asks no node
	if !sends || set.Lookup(flags.FlagGasPrices) == nil || set.Lookup(flags.FlagFees) == nil || set.Lookup(flags.FlagGas) == nil {
		return nil
	}
	defaults := map[string]string{}
	if !set.Changed(flags.FlagFees) && !set.Changed(flags.FlagGasPrices) {
		defaults[flags.FlagGasPrices] = minGasPrices()
	}
	asksNobody := set.Changed(flags.FlagOffline) || set.Changed(flags.FlagGenerateOnly)
	if !set.Changed(flags.FlagGas) && !asksNobody {
		defaults[flags.FlagGas] = flags.GasFlagAuto
		if !set.Changed(flags.FlagGasAdjustment) {
			defaults[flags.FlagGasAdjustment] = gasAdjustment
		}
	}
	for name, value := range defaults {
		if err := set.Lookup(name).Value.Set(value); err != nil {
			return fmt.Errorf("set the default of --%s: %w", name, err)
		}
	}
	return nil
}

// watched is a connection to a node that remembers what became of a transaction.
type watched struct {
	client.CometRPC
	refusal error
}

// BroadcastTxSync sends and remembers a refusal.
func (w *watched) BroadcastTxSync(ctx context.Context, tx cmttypes.Tx) (*coretypes.ResultBroadcastTx, error) {
	res, err := w.CometRPC.BroadcastTxSync(ctx, tx)
	if err == nil && res.Code != 0 {
		w.refusal = fmt.Errorf("%w: %s (code %d of %s)", errRefused, res.Log, res.Code, res.Codespace)
	}
	return res, err
}

// remember has a command's connection remembered. With --node the SDK would make
// another one later, so the flag counts as read.
func remember(cmd *cobra.Command) error {
	clientCtx := client.GetClientContextFromCmd(cmd)
	if clientCtx.Client == nil {
		return nil
	}
	if node := cmd.Flags().Lookup(flags.FlagNode); node != nil {
		node.Changed = false
	}
	return client.SetCmdClientContext(cmd, clientCtx.WithClient(&watched{CometRPC: clientCtx.Client}))
}

// refused returns why the node refused what a command sent.
func refused(cmd *cobra.Command) error {
	clientCtx := client.GetClientContextFromCmd(cmd)
	if w, ok := clientCtx.Client.(*watched); ok {
		return w.refusal
	}
	return nil
}
