package schema_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/networks"
)

func compile(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(file)
	require.NoError(t, err)
	return schema
}

func check(schema *jsonschema.Schema, text []byte) error {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}

// TestNetworksFit: every network's files fit their schemas.
func TestNetworksFit(t *testing.T) {
	t.Parallel()
	require.NotEmpty(t, networks.Names())
	for _, name := range networks.Names() {
		for file, schema := range map[string]string{networks.ChainFile: "chain.schema.json", networks.AssetsFile: "assetlist.schema.json"} {
			text, err := os.ReadFile(filepath.Join("..", name, file))
			require.NoError(t, err)
			require.NoError(t, check(compile(t, schema), text), "%s of %s", file, name)
		}
	}
}

// TestSchemasRefuse: what the chain registry would refuse, its fields' kinds, values and
// forms, these refuse too.
func TestSchemasRefuse(t *testing.T) {
	t.Parallel()
	chain, assets := compile(t, "chain.schema.json"), compile(t, "assetlist.schema.json")
	read := func(file string) string {
		text, err := os.ReadFile(filepath.Join("..", "dbc-testnet-1", file))
		require.NoError(t, err)
		return string(text)
	}
	for name, c := range map[string]struct {
		schema           *jsonschema.Schema
		file, old, wrong string
	}{
		"no chain type":      {chain, networks.ChainFile, `"chain_type": "cosmos",`, ``},
		"another chain type": {chain, networks.ChainFile, `"cosmos"`, `"cosmo"`},
		"schema elsewhere":   {chain, networks.ChainFile, `../../chain.schema.json`, `https://example.org/chain.schema.json`},
		"capital name":       {chain, networks.ChainFile, `"dbctestnet"`, `"DBC testnet"`},
		"status":             {chain, networks.ChainFile, `"upcoming"`, `"soon"`},
		"network type":       {chain, networks.ChainFile, `"network_type": "testnet"`, `"network_type": "test"`},
		"key algorithm":      {chain, networks.ChainFile, `"secp256k1"`, `"rsa"`},
		"slip44 as text":     {chain, networks.ChainFile, `118`, `"118"`},
		"price as text":      {chain, networks.ChainFile, `"low_gas_price": 0.01`, `"low_gas_price": "0.01"`},
		"fee without denom":  {chain, networks.ChainFile, `"denom": "udbc",`, ``},
		"repository":         {chain, networks.ChainFile, `https://github.com/dbc-network/dbc`, `https://git hub`},
		"peer without id":    {chain, networks.ChainFile, `"seeds": []`, `"seeds": [{"address": "a.example:26656"}]`},
		"empty endpoint":     {chain, networks.ChainFile, `"rpc": []`, `"rpc": [{"address": ""}]`},
		"unknown field":      {chain, networks.ChainFile, `"slip44"`, `"colour": "red", "slip44"`},
		"unknown api":        {chain, networks.ChainFile, `"rpc": []`, `"rpc": [], "ws": []`},
		"long description":   {chain, networks.ChainFile, `The public test network`, strings.Repeat("x", 3000)},
		"no assets":          {assets, networks.AssetsFile, `"assets"`, `"coins"`},
		"asset without base": {assets, networks.AssetsFile, `"base": "udbc",`, ``},
		"kind of asset":      {assets, networks.AssetsFile, `"sdk.coin"`, `"coin"`},
		"half an exponent":   {assets, networks.AssetsFile, `"exponent": 6`, `"exponent": 6.5`},
		"long name":          {assets, networks.AssetsFile, `"DBC Testnet"`, `"` + strings.Repeat("x", 31) + `"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := read(c.file)
			require.Contains(t, text, c.old)
			require.Error(t, check(c.schema, []byte(strings.Replace(text, c.old, c.wrong, 1))))
		})
	}
}
