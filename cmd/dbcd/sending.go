package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"

	"github.com/dbc-network/dbc/x/guard"
)

// errRefused means that the node refused the transaction. The SDK prints its
// answer and reports success.
var errRefused = errors.New("the node refused the transaction")

// gasAdjustment multiplies the simulated gas, because blocks between simulation
// and transaction change what a message has to do.
const gasAdjustment = "1.5"

// sendingDefaults pays what a transaction needs unless the user says otherwise:
// the SDK's own defaults pay nothing and end in a refusal. Values from flags,
// files and the environment take precedence.
func sendingDefaults(cmd *cobra.Command) error {
	set := cmd.Flags()
	sends := strings.HasPrefix(cmd.CommandPath(), cmd.Root().Name()+" tx ") // not gentx, which queries no node
	if !sends || set.Lookup(flags.FlagGasPrices) == nil || set.Lookup(flags.FlagFees) == nil || set.Lookup(flags.FlagGas) == nil {
		return nil
	}
	defaults := map[string]string{}
	asksNobody := set.Changed(flags.FlagOffline) || set.Changed(flags.FlagGenerateOnly)
	if !set.Changed(flags.FlagFees) && !set.Changed(flags.FlagGasPrices) {
		price := uint64(guard.DefaultMinGasPrice)
		if !asksNobody {
			var err error
			if price, err = networkPrice(cmd, price); err != nil {
				return err
			}
		}
		defaults[flags.FlagGasPrices] = gasPrice(price)
	}
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

const (
	// maxPrice bounds the price paid on a node's claim, in the guard's unit: a
	// hundred times the initial price of a network.
	maxPrice = 100 * guard.DefaultMinGasPrice
	// askLimit bounds the query for the price.
	askLimit = 5 * time.Second
)

// errPrice means that the node requires more than is paid by default.
var errPrice = errors.New("the network's minimum gas price is above the limit")

// networkPrice returns the minimum gas price if it exceeds the usual one. A
// node that does not answer will itself say why it accepts no transaction.
func networkPrice(cmd *cobra.Command, usual uint64) (uint64, error) {
	clientCtx := client.GetClientContextFromCmd(cmd)
	if clientCtx.Client == nil {
		return usual, nil
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), askLimit)
	defer cancel()
	res, err := guard.NewQueryClient(clientCtx).Params(ctx, &guard.QueryParamsRequest{})
	if err != nil {
		return usual, nil
	}
	return payable(res.Params.MinGasPrice, usual)
}

func payable(floor, usual uint64) (uint64, error) {
	if floor > maxPrice {
		return 0, fmt.Errorf("%w: it is %s, and at most %s is paid by default; check whether governance set it, then use --gas-prices",
			errPrice, gasPrice(floor), gasPrice(maxPrice))
	}
	return max(floor, usual), nil
}

// watched is a connection to a node that remembers the node's answer to a
// transaction.
type watched struct {
	client.CometRPC
	refusal error
}

// BroadcastTxSync sends a transaction and remembers a refusal.
func (w *watched) BroadcastTxSync(ctx context.Context, tx cmttypes.Tx) (*coretypes.ResultBroadcastTx, error) {
	res, err := w.CometRPC.BroadcastTxSync(ctx, tx)
	if err == nil && res.Code != 0 {
		w.refusal = fmt.Errorf("%w: %s (code %d of %s)", errRefused, res.Log, res.Code, res.Codespace)
	}
	return res, err
}

// remember wraps a command's connection in watched. With --node the SDK would
// create another one later, so the flag is marked as read.
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

// refused returns why the node refused a command's transaction.
func refused(cmd *cobra.Command) error {
	clientCtx := client.GetClientContextFromCmd(cmd)
	if w, ok := clientCtx.Client.(*watched); ok {
		return w.refusal
	}
	return nil
}
