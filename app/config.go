package app

import (
	"os"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

const (
	// Prefix is the bech32 prefix of every address.
	Prefix = "dbc"
	// CoinType is the SLIP-44 coin type of Cosmos chains, so that Keplr and
	// Ledger work.
	CoinType = 118
)

// The SDK keeps prefixes and the bond denomination in globals that codecs,
// genesis defaults and address checks read. They must be set before any of
// these.
func init() {
	// Without a name the SDK determines its configuration by host, file and
	// process, again for each address: a tenth of a transaction's work.
	if os.Getenv(sdk.EnvConfigScope) == "" {
		_ = os.Setenv(sdk.EnvConfigScope, Name) // a failure only makes it slower
	}
	config := sdk.GetConfig()
	config.SetBech32PrefixForAccount(Prefix, Prefix+sdk.PrefixPublic)
	config.SetBech32PrefixForValidator(Prefix+sdk.PrefixValidator+sdk.PrefixOperator, Prefix+sdk.PrefixValidator+sdk.PrefixOperator+sdk.PrefixPublic)
	config.SetBech32PrefixForConsensusNode(Prefix+sdk.PrefixValidator+sdk.PrefixConsensus, Prefix+sdk.PrefixValidator+sdk.PrefixConsensus+sdk.PrefixPublic)
	config.SetCoinType(CoinType)
	sdk.DefaultBondDenom = machine.Denom
}
