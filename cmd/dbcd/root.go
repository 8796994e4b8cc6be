package main

import (
	"fmt"
	"os"
	"path/filepath"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/server"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/app"
)

// envPrefix is the prefix of environment variables that set flags, such as
// DBCD_HOME.
const envPrefix = "DBCD"

// defaultHome returns the default folder for a node's data.
func defaultHome() string {
	home, err := os.UserHomeDir()
	if err != nil {
		// Without a home directory every command needs --home.
		return filepath.Join(".", "."+app.Name)
	}
	return filepath.Join(home, "."+app.Name)
}

func newRootCommand() (*cobra.Command, error) {
	// Commands are generated from the modules of an application that is never
	// run.
	blueprint, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), false, simtestutil.EmptyAppOptions{})
	if err != nil {
		return nil, fmt.Errorf("build application: %w", err)
	}
	clientCtx := blueprint.ClientContext().WithInput(os.Stdin).WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(defaultHome()).WithViper(envPrefix)
	root := &cobra.Command{
		Use:           app.Name,
		Short:         "The chain of the DBC network, where anybody rents GPU machines from anybody",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, args []string) error {
			trimMachineIDs(cmd, args)
			return prepare(cmd, clientCtx)
		},
		PersistentPostRunE: func(cmd *cobra.Command, _ []string) error { return refused(cmd) },
	}
	addCommands(root, blueprint)
	options := blueprint.AutoCLI()
	if options.ClientCtx, err = config.ReadDefaultValuesFromDefaultClientConfig(clientCtx); err != nil {
		return nil, fmt.Errorf("read client defaults: %w", err)
	}
	if err := options.EnhanceRootCommand(root); err != nil {
		return nil, fmt.Errorf("make commands of modules: %w", err)
	}
	return root, addRentalCommands(root)
}

// prepare reads configuration files, flags and environment before a command runs.
func prepare(cmd *cobra.Command, initial client.Context) error {
	cmd.SetOut(cmd.OutOrStdout())
	cmd.SetErr(cmd.ErrOrStderr())
	if err := hasGenesis(cmd); err != nil {
		return err
	}
	clientCtx := initial.WithCmdContext(cmd.Context())
	clientCtx, err := client.ReadPersistentCommandFlags(clientCtx, cmd.Flags())
	if err != nil {
		return err
	}
	if clientCtx, err = config.ReadFromClientConfig(clientCtx); err != nil {
		return err
	}
	if err := client.SetCmdClientContextHandler(clientCtx, cmd); err != nil {
		return err
	}
	if err := remember(cmd); err != nil {
		return err
	}
	if err := server.InterceptConfigsPreRunHandler(cmd, appTemplate(), appConfig(), cometConfig()); err != nil {
		return err
	}
	return sendingDefaults(cmd)
}

// hasGenesis refuses a start from a home without a genesis, before the SDK fills it with
// configuration that names no gas price.
func hasGenesis(cmd *cobra.Command) error {
	if cmd.Name() != "start" || cmd.Parent() != cmd.Root() {
		return nil
	}
	home, err := cmd.Flags().GetString(flags.FlagHome)
	if err != nil {
		return err
	}
	if set := os.Getenv(envPrefix + "_HOME"); set != "" && !cmd.Flags().Changed(flags.FlagHome) {
		home = set
	}
	genesis := filepath.Join(home, "config", "genesis.json")
	if _, err := os.Stat(genesis); err != nil {
		return fmt.Errorf("no chain to start in %s (dbcd init makes a home, and a network's genesis goes to %s): %w", home, genesis, err)
	}
	return nil
}

// homeOf returns the home directory that a command uses.
func homeOf(options interface{ Get(string) any }) string {
	home, _ := options.Get(flags.FlagHome).(string)
	return home
}
