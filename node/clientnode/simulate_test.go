package clientnode

import (
	"errors"
	"testing"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
)

// TestWrappedOnDevnetsOnly: what loses replies is for tests.
func TestWrappedOnDevnetsOnly(t *testing.T) {
	t.Parallel()
	for _, chain := range []string{"dbc-testnet-1", "dbc-1", "dbc-devnet-", "dbc-devnet-1x", ""} {
		err := Wrapped(t.Context(), conf.Client{Node: conf.Node{ChainID: chain, Home: t.TempDir()}}, t.Output(), nil)
		if refused := new(conf.ConfigError); !errors.Is(err, node.ErrSimulated) || !errors.As(err, &refused) || refused.Key != "chain_id" {
			t.Errorf("%q: %v", chain, err)
		}
	}
}
