package networks_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/networks"
)

// TestEmbeddedNetworks: every folder here is known by its name and describes itself
// without a contradiction; one whose genesis is made says that it is live.
func TestEmbeddedNetworks(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("*/" + networks.TermsFile)
	require.NoError(t, err)
	require.Len(t, networks.Names(), len(folders), "a new folder also belongs to the embed directive")
	for _, name := range networks.Names() {
		n, err := networks.Open(name)
		require.NoError(t, err)
		require.Equal(t, name, n.ChainID)
		made, err := n.Made()
		require.NoError(t, err)
		chain, err := os.ReadFile(filepath.Join(name, networks.ChainFile))
		require.NoError(t, err)
		require.Equal(t, made, !strings.Contains(string(chain), `"status": "upcoming"`), "the registry's status")
		if made {
			_, _, err = n.Genesis()
			require.NoError(t, err)
			require.NotEmpty(t, append(n.Seeds, n.Peers...), "nobody can join without an address")
			continue
		}
		_, _, err = n.Genesis()
		require.ErrorIs(t, err, networks.ErrCeremonyOpen)
		require.ErrorContains(t, err, "take part")
	}
}

func TestUnknownNetwork(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "dbc-testnet-9", "networks.go", "DBC-TESTNET-1", "dbc-testnet-1 ", "a\x00b", "--x"} {
		_, err := networks.Open(name)
		require.ErrorIs(t, err, networks.ErrUnknown, name)
		require.ErrorContains(t, err, "dbc-testnet-1")
	}
	for _, folder := range []string{"./none", "../none", "/dev/null", "./networks.go"} {
		_, err := networks.Open(folder)
		require.ErrorIs(t, err, networks.ErrFile, folder)
	}
}

// copied is a copy of dbc-testnet-1 in which text was replaced.
func copied(t *testing.T, file, old, replacement string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{networks.TermsFile, networks.ChainFile, networks.AssetsFile} {
		text, err := os.ReadFile(filepath.Join("dbc-testnet-1", name))
		require.NoError(t, err)
		if name == file {
			require.Contains(t, string(text), old)
			text = []byte(strings.Replace(string(text), old, replacement, 1))
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o644))
	}
	return dir
}

const id = "0123456789abcdef0123456789abcdef01234567"

func TestDescriptions(t *testing.T) {
	t.Parallel()
	chain, terms, assets := networks.ChainFile, networks.TermsFile, networks.AssetsFile
	for name, c := range map[string]struct{ file, old, replacement, want string }{
		"unknown field":      {chain, `"slip44": 118,`, `"slip44": 118, "extra": 1,`, `unknown field "extra"`},
		"two documents":      {chain, "\n}\n", "\n}\n{}", "something follows"},
		"chain id":           {chain, `"dbc-testnet-1"`, `"dbc testnet"`, "chain_id"},
		"kind of network":    {chain, `"network_type": "testnet"`, `"network_type": "mainnet"`, `"testnet"`[:0] + "network_type \"mainnet\": testnet is wanted"},
		"schema":             {chain, "../../chain.schema.json", "https://elsewhere.example/s.json", "$schema"},
		"no price":           {chain, `"fixed_min_gas_price": 0.01`, `"fixed_min_gas_price": 0`, "more than 0"},
		"price below":        {chain, `"low_gas_price": 0.01`, `"low_gas_price": 0.009`, "no less"},
		"price too fine":     {chain, `"fixed_min_gas_price": 0.01`, `"fixed_min_gas_price": 0.0000001`, "at most 6 decimals"},
		"price exponent":     {chain, `"fixed_min_gas_price": 0.01`, `"fixed_min_gas_price": 1e-2`, "at most 6 decimals"},
		"price text":         {chain, `"fixed_min_gas_price": 0.01`, `"fixed_min_gas_price": "1; rm"`, "parse it"},
		"denom":              {chain, `"denom": "udbc"`, `"denom": "stake"`, "of udbc, is wanted"},
		"node id":            {chain, `"seeds": []`, `"seeds": [{"id": "ABC", "address": "seed.example:26656"}]`, "40 hexadecimal digits"},
		"peer without port":  {chain, `"seeds": []`, `"seeds": [{"id": "` + id + `", "address": "seed.example"}]`, "host:port"},
		"peer with comma":    {chain, `"seeds": []`, `"seeds": [{"id": "` + id + `", "address": "a,b:1"}]`, "host:port"},
		"peer twice":         {chain, `"seeds": []`, `"seeds": [{"id": "` + id + `", "address": "a:1"}, {"id": "` + id + `", "address": "a:1"}]`, "twice"},
		"port":               {chain, `"persistent_peers": []`, `"persistent_peers": [{"id": "` + id + `", "address": "a:65536"}]`, "host:port"},
		"rpc in plain text":  {chain, `"rpc": []`, `"rpc": [{"address": "http://rpc.example"}]`, "https://"},
		"rpc with password":  {chain, `"rpc": []`, `"rpc": [{"address": "https://u:p@rpc.example"}]`, "https://"},
		"rpc of a file":      {chain, `"rpc": []`, `"rpc": [{"address": "file:///etc/passwd"}]`, "https://"},
		"grpc":               {chain, `"grpc": []`, `"grpc": [{"address": "grpc.example"}]`, "host:port for gRPC"},
		"version":            {chain, `"recommended_version": "v0.1.0"`, `"recommended_version": "v0.2.0"`, "compatible_versions"},
		"versions disagree":  {terms, `version = "0.1.0"`, `version = "0.2.0"`, "recommended_version"},
		"no release":         {terms, `version = "0.1.0"`, `version = "main"`, "a release such as 0.2.0"},
		"first height":       {terms, "height = 1", "height = 2", "the first is"},
		"heights fall":       {terms, `version = "0.1.0"`, "version = \"0.1.0\"\n[[version]]\nname = \"v2\"\nheight = 1\nversion = \"0.1.0\"", "more than 1"},
		"name twice":         {terms, `version = "0.1.0"`, "version = \"0.1.0\"\n[[version]]\nname = \"genesis\"\nheight = 5\nversion = \"0.1.0\"", "twice"},
		"unknown term":       {terms, "min_stake", "least_stake", "no such key"},
		"no time":            {terms, "genesis_time = 2027-02-01T12:00:00Z\n", "", "genesis_time is missing"},
		"time of a place":    {terms, "12:00:00Z", "12:00:00+08:00", "UTC"},
		"stakes":             {terms, "max_stake = 500000000000", "max_stake = 1", "min_stake ≤ max_stake"},
		"stake over balance": {terms, "balance = 1000000000000", "balance = 1", "max_stake ≤ balance"},
		"validators":         {terms, "max_validators = 50", "max_validators = 101", "100 is wanted"},
		"other chain":        {assets, "dbctestnet", "osmosis", "as in chain.json"},
		"base":               {assets, `"base": "udbc"`, `"base": "uatom"`, "udbc"},
		"exponent":           {assets, `"exponent": 6`, `"exponent": 18`, "exponent 6"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := networks.Open(copied(t, c.file, c.old, c.replacement))
			require.ErrorIs(t, err, networks.ErrFile)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, c.file)
		})
	}
	n, err := networks.Open(copied(t, networks.ChainFile, `"seeds": []`, `"seeds": [{"id": "`+id+`", "address": "[2001:db8::1]:26656"}]`))
	require.NoError(t, err)
	require.Equal(t, []string{id + "@[2001:db8::1]:26656"}, n.Seeds)
	require.Equal(t, "0.01udbc", n.GasPrice)
}

// TestHostileFolder: nothing of a folder is a pipe that never ends, or a way to files
// elsewhere.
func TestHostileFolder(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(path string) error{
		"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o644) },
		"folder": func(path string) error { return os.Mkdir(path, 0o755) },
		"device": func(path string) error { return os.Symlink("/dev/zero", path) },
		"link":   func(path string) error { return os.Symlink("/etc/passwd", path) },
		"large":  func(path string) error { return os.WriteFile(path, make([]byte, 2<<20), 0o644) },
		"absent": func(string) error { return nil },
	} {
		dir := copied(t, "", "", "")
		path := filepath.Join(dir, networks.ChainFile)
		require.NoError(t, os.Remove(path))
		require.NoError(t, put(path))
		_, err := networks.Open(dir)
		require.ErrorIs(t, err, networks.ErrFile, name)
	}
}

// TestGenesisIsTheRecordedOne: whatever is wrong between genesis and hash, no genesis
// is returned.
func TestGenesisIsTheRecordedOne(t *testing.T) {
	t.Parallel()
	genesis := []byte(`{"chain_id": "dbc-testnet-1"}`)
	other := []byte(`{"chain_id": "dbc-testnet-2"}`)
	for name, c := range map[string]struct {
		genesis []byte
		line    string
		want    error
	}{
		"recorded":      {genesis, networks.SumLine(genesis), nil},
		"changed":       {append(genesis, ' '), networks.SumLine(genesis), networks.ErrGenesis},
		"another chain": {other, networks.SumLine(other), networks.ErrGenesis},
		"no genesis":    {nil, networks.SumLine(genesis), networks.ErrFile},
		"no hash":       {genesis, "", networks.ErrFile},
		"no hash in it": {genesis, "none\n", networks.ErrFile},
		"other file":    {genesis, networks.Sum(genesis) + "  ../genesis.json\n", networks.ErrFile},
		"not JSON":      {[]byte("x"), networks.SumLine([]byte("x")), networks.ErrFile},
		"neither":       {nil, "", networks.ErrCeremonyOpen},
	} {
		dir := copied(t, "", "", "")
		if c.genesis != nil {
			require.NoError(t, os.WriteFile(filepath.Join(dir, networks.GenesisFile), c.genesis, 0o644))
		}
		if c.line != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, networks.HashFile), []byte(c.line), 0o644))
		}
		n, err := networks.Open(dir)
		require.NoError(t, err, name)
		text, sum, err := n.Genesis()
		require.ErrorIs(t, err, c.want, name)
		if c.want == nil {
			require.Equal(t, genesis, text)
			require.Equal(t, networks.Sum(genesis), sum)
			continue
		}
		require.Empty(t, text, name)
	}
}

func FuzzOpen(f *testing.F) {
	for _, name := range []string{networks.TermsFile, networks.ChainFile, networks.AssetsFile} {
		text, err := os.ReadFile(filepath.Join("dbc-testnet-1", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, text)
	}
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		if name != networks.TermsFile && name != networks.ChainFile && name != networks.AssetsFile {
			return
		}
		dir := copied(t, "", "", "")
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
		n, err := networks.Open(dir)
		if err != nil {
			return
		}
		for _, peer := range append(n.Seeds, n.Peers...) {
			if strings.ContainsAny(peer, ", \n\"") {
				t.Errorf("peer %q", peer)
			}
		}
	})
}
