package app

import (
	"os"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

const (
	// Prefix begins every address.
	Prefix = "dbc"
	// CoinType is SLIP-44's of Cosmos chains, so that Keplr and Ledger work.
	CoinType = 118
)

// The SDK keeps prefixes and the bond denomination in globals that codecs,
// genesis defaults and address checks read; they must hold before any of them.
func init() {
	// Without a name of its own the SDK finds its configuration by host, file
	// and process, anew for each address: a tenth of a transaction's work.
	if os.Getenv(sdk.EnvConfigScope) == "" {
		_ = os.Setenv(sdk.EnvConfigScope, Name) // on failure it is only slower
	}
	config := sdk.GetConfig()
	config.SetBech32PrefixForAccount(Prefix, Prefix+sdk.PrefixPublic)
	config.SetBech32PrefixForValidator(Prefix+sdk.PrefixValidator+sdk.PrefixOperator, Prefix+sdk.PrefixValidator+sdk.PrefixOperator+sdk.PrefixPublic)
	config.SetBech32PrefixForConsensusNode(Prefix+sdk.PrefixValidator+sdk.PrefixConsensus, Prefix+sdk.PrefixValidator+sdk.PrefixConsensus+sdk.PrefixPublic)
	config.SetCoinType(CoinType)
	sdk.DefaultBondDenom = machine.Denom
}
