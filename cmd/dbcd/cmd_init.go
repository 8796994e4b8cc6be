package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	cmtcfg "github.com/cometbft/cometbft/config"

	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/networks"
)

const flagNetwork = "network"

// errNetworkFlags means that a flag contradicts --network.
var errNetworkFlags = errors.New("the network decides this")

// newInitCommand is the SDK's init with our block limits: the SDK uses
// CometBFT's defaults, which suit no real network. With --network it writes that
// network's genesis, chain id, seeds, peers and gas price.
func newInitCommand(blueprint *app.App) *cobra.Command {
	cmd := genutilcli.InitCmd(blueprint.Basics, defaultHome())
	cmd.Use = "init MONIKER"
	cmd.Example = "  dbcd init alice --network dbc-testnet-1\n  dbcd init val --chain-id dbc-devnet-1"
	cmd.Flags().String(flagNetwork, "", "take genesis, chain id, seeds, peers and gas price from a network: "+
		strings.Join(networks.Names(), ", ")+", or the path of its folder")
	_ = cmd.RegisterFlagCompletionFunc(flagNetwork, cobra.FixedCompletions(networks.Names(), cobra.ShellCompDirectiveDefault)) // fails for unknown flags only
	initialize, chosen := cmd.RunE, &chosenNetwork{}
	// Whatever is wrong with the network is said before the first file is written.
	cmd.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if err := chosen.read(cmd); err != nil {
			return err
		}
		return cmd.Root().PersistentPreRunE(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		config := server.GetServerContextFromCmd(cmd).Config
		chosen.configure(config)
		if err := initialize(cmd, args); err != nil {
			return err
		}
		if chosen.network == nil {
			return limitBlocks(config.GenesisFile())
		}
		return chosen.finish(cmd, config)
	}
	return cmd
}

// chosenNetwork is the network of --network, if there is one.
type chosenNetwork struct {
	network *networks.Network
	genesis []byte
	sum     string
}

func (c *chosenNetwork) read(cmd *cobra.Command) error {
	source, err := cmd.Flags().GetString(flagNetwork)
	if err != nil || source == "" {
		return err
	}
	if c.network, err = networks.Open(source); err != nil {
		return err
	}
	if c.genesis, c.sum, err = c.network.Genesis(); err != nil {
		return err
	}
	given, err := cmd.Flags().GetString(flags.FlagChainID)
	if err != nil {
		return err
	}
	if given != "" && given != c.network.ChainID {
		return fmt.Errorf("%w: --chain-id %s, and the chain id of network %s is %s; leave --chain-id out", errNetworkFlags, given, source, c.network.ChainID)
	}
	for _, name := range []string{flags.FlagInitHeight, genutilcli.FlagDefaultBondDenom, genutilcli.FlagConsensusKeyAlgo} {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("%w: --%s is part of the genesis of network %s; leave it out", errNetworkFlags, name, source)
		}
	}
	// client.toml is written with it before the command runs.
	return cmd.Flags().Set(flags.FlagChainID, c.network.ChainID)
}

// configure sets what the SDK's init writes to config.toml.
func (c *chosenNetwork) configure(config *cmtcfg.Config) {
	if c.network == nil {
		return
	}
	config.P2P.Seeds = strings.Join(c.network.Seeds, ",")
	config.P2P.PersistentPeers = strings.Join(c.network.Peers, ",")
}

// finish replaces the genesis that the SDK made, and sets the gas price.
func (c *chosenNetwork) finish(cmd *cobra.Command, config *cmtcfg.Config) error {
	if err := renameio.WriteFile(config.GenesisFile(), c.genesis, 0o644, renameio.WithStaticPermissions(0o644)); err != nil {
		return fmt.Errorf("write genesis: %w", err)
	}
	settings, err := serverconfig.GetConfig(server.GetServerContextFromCmd(cmd).Viper)
	if err != nil {
		return fmt.Errorf("read app.toml: %w", err)
	}
	settings.MinGasPrices = c.network.GasPrice
	serverconfig.WriteConfigFile(filepath.Join(config.RootDir, "config", "app.toml"), settings)
	first := c.network.Versions[0]
	fmt.Fprintf(cmd.ErrOrStderr(), "Network %s: genesis sha256 %s, %d seeds, %d peers. Block 1 is made by version %s", c.network.ChainID, c.sum,
		len(c.network.Seeds), len(c.network.Peers), first.Version)
	for _, v := range c.network.Versions[1:] {
		fmt.Fprintf(cmd.ErrOrStderr(), ", block %d by %s (upgrade %s)", v.Height, v.Version, v.Name)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), ".")
	return nil
}

func limitBlocks(file string) error {
	genesis, err := genutiltypes.AppGenesisFromFile(file)
	if err != nil {
		return fmt.Errorf("read genesis: %w", err)
	}
	params := app.ConsensusParams()
	params.Validator = genesis.Consensus.Params.Validator // the kind of keys was given as a flag
	genesis.Consensus.Params = params
	return genutil.ExportGenesisFile(genesis, file)
}
