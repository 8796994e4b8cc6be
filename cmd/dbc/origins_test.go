package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/networks"
)

// given runs a command that only reads the global flags.
func given(t *testing.T, args ...string) (*settings, error) {
	t.Helper()
	s := &settings{}
	root, _ := newRootCommand(s)
	root.AddCommand(&cobra.Command{Use: "nothing", RunE: func(*cobra.Command, []string) error { return nil }})
	root.SetArgs(append(args, "nothing"))
	root.SetOut(new(bytes.Buffer))
	root.SetErr(new(bytes.Buffer))
	err := root.ExecuteContext(t.Context())
	s.close()
	return s, err
}

// TestEveryGlobalFlagHasAVariable walks over all of them: the variable gives the value,
// is named in the help, and yields to the flag; one that is no value is refused by the
// variable's name.
func TestEveryGlobalFlagHasAVariable(t *testing.T) {
	t.Setenv("DBC_HOME", t.TempDir())
	values := map[string][2]string{
		"bool": {"true", "false"}, "duration": {"7m0s", "8m0s"},
	}
	special := map[string][2]string{
		"network": {"dbc-testnet-1", "dbc-testnet-1"}, "profile": {"none", "none"}, "language": {"zh", "en"}, "home": {t.TempDir(), t.TempDir()},
	}
	root, _ := newRootCommand(&settings{})
	var all []*pflag.Flag
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) { all = append(all, f) })
	if len(all) < 10 {
		t.Fatalf("there are %d global flags", len(all))
	}
	for _, f := range all {
		t.Run(f.Name, func(t *testing.T) {
			if !strings.Contains(f.Usage, "$"+envOf(f.Name)) {
				t.Errorf("the help is %q", f.Usage)
			}
			value, known := special[f.Name]
			if !known {
				if value, known = values[f.Value.Type()]; !known {
					value = [2]string{"one", "two"}
				}
			}
			t.Setenv(envOf(f.Name), value[0])
			check := func(want string, args ...string) {
				t.Helper()
				s := &settings{}
				root, _ := newRootCommand(s)
				root.AddCommand(&cobra.Command{Use: "nothing", RunE: func(cmd *cobra.Command, _ []string) error {
					if got := cmd.Flags().Lookup(f.Name).Value.String(); got != want {
						t.Errorf("%v: %s is %q, want %q", args, f.Name, got, want)
					}
					return nil
				}})
				root.SetArgs(append(args, "nothing"))
				if err := root.ExecuteContext(t.Context()); err != nil {
					t.Error(err)
				}
				s.close()
			}
			check(value[0])
			check(value[1], "--"+f.Name+"="+value[1])
			if _, parsed := values[f.Value.Type()]; parsed {
				t.Setenv(envOf(f.Name), "perhaps")
				_, err := given(t)
				if err == nil || !strings.Contains(err.Error(), envOf(f.Name)) || exitCode(err) != exitUsage {
					t.Errorf("a wrong value: %v", err)
				}
			}
		})
	}
}

func TestNetworkDecides(t *testing.T) {
	t.Setenv("DBC_HOME", t.TempDir())
	s, err := given(t, "--network", "dbc-testnet-1")
	if err != nil || s.chainID != "dbc-testnet-1" || s.gasPrice != "0.01udbc" {
		t.Errorf("%v, chain id %q, gas price %q", err, s.chainID, s.gasPrice)
	}
	for line, want := range map[string]string{
		"--network dbc-testnet-9":                  `unknown network "dbc-testnet-9"`,
		"--network ../none":                        "network's folder",
		"--network dbc-testnet-1 --chain-id dbc-1": `--chain-id "dbc-1": the chain id of network dbc-testnet-1`,
	} {
		_, err := given(t, strings.Fields(line)...)
		if err == nil || !strings.Contains(err.Error(), want) || exitCode(err) != exitUsage {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// TestNetworkMayNotBeDear: whoever wrote a network's folder decides less about a user's
// money than the user does.
func TestNetworkMayNotBeDear(t *testing.T) {
	t.Setenv("DBC_HOME", t.TempDir())
	dir := t.TempDir()
	for _, name := range []string{networks.TermsFile, networks.ChainFile, networks.AssetsFile} {
		text, err := os.ReadFile(filepath.Join("..", "..", "networks", "dbc-testnet-1", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, price := range []string{"0.012", "0.01", "0.02"} {
			text = bytes.ReplaceAll(text, []byte("gas_price\": "+price), []byte("gas_price\": 1.000001"))
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if s, err := given(t, "--network", dir); !errors.Is(err, chain.ErrGasPrice) || exitCode(err) != exitUsage || s.gasPrice != "" {
		t.Errorf("%v, %q", err, s.gasPrice)
	}
	if s, err := given(t, "--network", dir, "--max-gas-price", "2udbc"); err != nil || s.gasPrice != "1.000001udbc" {
		t.Errorf("%v, %q", err, s.gasPrice)
	}
}

// TestVariableForJSONIsReadEarly: whatever turns JSON on does so for a wrong line too.
func TestVariableForJSONIsReadEarly(t *testing.T) {
	t.Setenv("DBC_HOME", t.TempDir())
	for _, value := range []string{"true", "1", "T"} {
		t.Setenv("DBC_JSON", value)
		var said bytes.Buffer
		if code := run(t.Context(), []string{"rent", "--nothing"}, strings.NewReader(""), new(bytes.Buffer), &said); code != exitUsage || !json.Valid(said.Bytes()) {
			t.Errorf("%s: %d, %q", value, code, said.String())
		}
	}
}

// TestNetworkRefusesAnotherChain: another id, and the same id with another genesis.
func TestNetworkRefusesAnotherChain(t *testing.T) {
	t.Setenv("DBC_HOME", t.TempDir())
	dir := t.TempDir()
	for _, name := range []string{networks.TermsFile, networks.ChainFile, networks.AssetsFile} {
		text, err := os.ReadFile(filepath.Join("..", "..", "networks", "dbc-testnet-1", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := given(t, "--network", dir, "--rpc", "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	refused := func(head chain.Head, want string) {
		t.Helper()
		if err := s.sameChain(head); err == nil || !strings.Contains(err.Error(), want) || exitCode(err) != exitUsage {
			t.Errorf("%v", err)
		}
	}
	head := chain.Head{ChainID: "dbc-testnet-1"}
	refused(chain.Head{ChainID: "dbc-testnet-2"}, "http://127.0.0.1:1 serves dbc-testnet-2")
	if err := s.sameChain(head); err != nil {
		t.Errorf("no genesis to compare with: %v", err)
	}
	genesis := []byte(`{"chain_id": "dbc-testnet-1", "genesis_time": "2026-11-01T12:00:00Z", "initial_height": 1, "app_state": {}, "consensus": {}}`)
	for name, text := range map[string][]byte{networks.GenesisFile: genesis, networks.HashFile: []byte(networks.SumLine(genesis))} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	refused(head, "another genesis")
	if head.GenesisHash, err = chain.HashGenesisFile(genesis); err != nil {
		t.Fatal(err)
	}
	if err := s.sameChain(head); err != nil {
		t.Errorf("the network's own chain: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, networks.GenesisFile), append(genesis, ' '), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.sameChain(head); !errors.Is(err, networks.ErrGenesis) {
		t.Errorf("an exchanged genesis: %v", err)
	}
}
