package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/networks"
)

// envOf returns the environment variable of a global flag.
func envOf(flag string) string {
	return "DBC_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// envSays reports whether the environment sets a flag that is true or false.
func envSays(flag string) bool {
	on, err := strconv.ParseBool(os.Getenv(envOf(flag)))
	return err == nil && on
}

// sayEnv names each global flag's environment variable in its help.
func sayEnv(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if !strings.Contains(f.Usage, "$"+envOf(f.Name)) {
			f.Usage += " [$" + envOf(f.Name) + "]"
		}
	})
}

// adopt gives global flags that are not on the command line their values from the
// environment, then from the profile, and then from the network. The running devnet and the defaults follow in
// resolve.
func (s *settings) adopt(cmd *cobra.Command) error {
	if s.origins != nil {
		return nil
	}
	s.origins = make(map[string]string)
	flags := cmd.Root().PersistentFlags()
	if err := s.fromEnvironment(flags); err != nil {
		return err
	}
	if !hasProfile(cmd) {
		return s.checkLanguage()
	}
	if err := s.fromProfile(flags); err != nil {
		return err
	}
	return errors.Join(s.checkLanguage(), s.fromNetwork())
}

func (s *settings) checkLanguage() error {
	if s.language == "" || s.language == "en" || s.language == "zh" {
		return nil
	}
	return usagef("%s %.64q: en or zh wanted", s.origins["language"], s.language)
}

func (s *settings) fromEnvironment(flags *pflag.FlagSet) (failed error) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			s.origins[f.Name] = "--" + f.Name
			return
		}
		value := os.Getenv(envOf(f.Name))
		if value == "" || failed != nil {
			return
		}
		if err := f.Value.Set(value); err != nil {
			failed = wrongEnv(f, value, err)
			return
		}
		s.origins[f.Name] = envOf(f.Name)
	})
	return failed
}

func wrongEnv(f *pflag.Flag, value string, err error) error {
	if want := wantedValues[f.Value.Type()]; want != "" {
		return usagef("%s %.64q: %s wanted", envOf(f.Name), value, want)
	}
	return usagef("%s %.64q: %w", envOf(f.Name), value, err)
}

// fromNetwork takes what nothing else gave from the chosen network.
func (s *settings) fromNetwork() error {
	if s.network == "" {
		return nil
	}
	n, err := networks.Open(s.network)
	if err != nil {
		return usagef("%s: %w", s.origins["network"], err)
	}
	if s.chainID != "" && s.chainID != n.ChainID {
		return usagef("%s %q: the chain id of network %s is %s; leave one of them out", s.origins["chain-id"], s.chainID, s.network, n.ChainID)
	}
	if err := chain.WithinLimit(n.GasPrice, s.maxGasPrice); err != nil {
		return usagef("network %s: %w; check whom its folder is from, then allow more with --max-gas-price", s.network, err)
	}
	s.described, s.chainID, s.gasPrice = n, n.ChainID, n.GasPrice
	if s.origins["chain-id"] == "" {
		s.origins["chain-id"] = "network " + s.network
	}
	// One endpoint of one's own with the network's other one would mix two nodes.
	if s.rpc == "" && s.grpc == "" && len(n.RPC) > 0 && len(n.GRPC) > 0 {
		s.rpc, s.grpc = n.RPC[0], n.GRPC[0]
	}
	return nil
}

// sameChain refuses an endpoint of another chain than the one that was named: another
// id, or another genesis.
func (s *settings) sameChain(head chain.Head) error {
	if head.ChainID != s.chainID {
		origin := s.origins["chain-id"]
		if origin == "" {
			origin = "--chain-id"
		}
		return usagef("%s %q: %s serves %s", origin, s.chainID, s.rpc, head.ChainID)
	}
	if s.described == nil {
		return nil
	}
	genesis, _, err := s.described.Genesis()
	if errors.Is(err, networks.ErrCeremonyOpen) {
		return nil // there is nothing to compare with yet
	}
	if err != nil {
		return fmt.Errorf("compare genesis: %w", err)
	}
	want, err := chain.HashGenesisFile(genesis)
	if err != nil {
		return fmt.Errorf("compare genesis: %w", err)
	}
	if head.GenesisHash != want {
		return usagef("network %s: %s serves a chain of this id with another genesis; use another --rpc and --grpc", s.network, s.rpc)
	}
	return nil
}
