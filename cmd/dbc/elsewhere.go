//go:build !linux

package main

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/x/machine"
)

// errLinux refuses what needs a compute node's computer.
var errLinux = errors.New("needs Linux")

const nodeHomeHelp = "only on Linux"

func nodeHomeFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "node-home", "", nodeHomeHelp)
}

func linuxCommands(*settings) []*cobra.Command { return refusing("image", "devnet") }

func devnetWalletCommands(*settings) []*cobra.Command { return refusing("faucet") }

func computerCommands(*settings) []*cobra.Command {
	return refusing("update", "online", "status", "answer", "inventory", "doctor", "gpu")
}

// refusing returns commands that say that they need Linux: pages and habits name them.
func refusing(names ...string) []*cobra.Command {
	var commands []*cobra.Command
	for _, name := range names {
		commands = append(commands, &cobra.Command{
			Use: name, Short: "Only on Linux", Hidden: true, DisableFlagParsing: true,
			RunE: func(cmd *cobra.Command, _ []string) error { return onLinux(cmd.CommandPath()) },
		})
	}
	return commands
}

func onLinux(what string) error {
	return &usageError{fmt.Errorf("%s %w, and this is %s: run it on the machine's own computer", what, errLinux, runtime.GOOS)}
}

func (*settings) ofDevnet(string) error { return nil }

func withoutDevnets(_ string, all []*market.Wallet) ([]*market.Wallet, error) { return all, nil }

func machineHere(*settings, string) (string, error) { return "", onLinux("a mining node") }

func makeBond(*settings, *cobra.Command, bondFlags) (machine.Bond, error) {
	return machine.Bond{}, onLinux("dbc host bond without --file")
}
