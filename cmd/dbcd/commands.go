package main

import (
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/debug"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/pruning"
	"github.com/cosmos/cosmos-sdk/client/rpc"
	"github.com/cosmos/cosmos-sdk/client/snapshot"
	"github.com/cosmos/cosmos-sdk/server"
	authcmd "github.com/cosmos/cosmos-sdk/x/auth/client/cli"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/deploy/manpage"
)

func addCommands(root *cobra.Command, blueprint *app.App) {
	genesis, export := genutilcli.Commands(blueprint.TxConfig, blueprint.Basics, defaultHome()), &exporter{}
	checkGenesisTime(named(genesis, "validate"))
	genesis.AddCommand(newCeremonyCommand())
	root.AddCommand(
		newInitCommand(blueprint),
		genesis,
		debug.Cmd(),
		pruning.Cmd(newApplication, defaultHome()),
		snapshot.Cmd(newApplication),
	)
	server.AddCommandsWithStartCmdOptions(root, defaultHome(), newApplication, export.state, server.StartCmdOptions{DBOpener: app.OpenStore, StartCommandHandler: start})
	export.wrap(named(root, "export"))
	root.AddCommand(server.StatusCommand(), newQueryCommand(), newTxCommand(), newKeysCommand(), manpage.Command())
}

// named returns a subcommand that the SDK added.
func named(parent *cobra.Command, name string) *cobra.Command {
	for _, cmd := range parent.Commands() {
		if cmd.Name() == name {
			return cmd
		}
	}
	panic("the SDK has no command " + name)
}

// newQueryCommand has the queries that belong to no module; AutoCLI adds the
// modules' queries.
func newQueryCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "query", Aliases: []string{"q"}, Short: "Querying subcommands",
		SuggestionsMinimumDistance: 2, RunE: client.ValidateCmd,
	}
	cmd.AddCommand(
		rpc.WaitTxCmd(),
		rpc.ValidatorCommand(),
		server.QueryBlockCmd(),
		server.QueryBlocksCmd(),
		server.QueryBlockResultsCmd(),
		authcmd.QueryTxsByEventsCmd(),
		authcmd.QueryTxCmd(),
	)
	return cmd
}

// newTxCommand has the commands for any transaction; AutoCLI adds the modules'
// messages.
func newTxCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "tx", Short: "Transactions subcommands",
		SuggestionsMinimumDistance: 2, RunE: client.ValidateCmd,
	}
	cmd.AddCommand(
		authcmd.GetSignCommand(),
		authcmd.GetSignBatchCommand(),
		authcmd.GetMultiSignCommand(),
		authcmd.GetMultiSignBatchCmd(),
		authcmd.GetValidateSignaturesCommand(),
		authcmd.GetBroadcastCommand(),
		authcmd.GetEncodeCommand(),
		authcmd.GetDecodeCommand(),
		authcmd.GetSimulateCmd(),
	)
	cmd.PersistentFlags().String(flags.FlagChainID, "", "The network chain ID")
	return cmd
}
