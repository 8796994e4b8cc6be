package networks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// registryChain is chain.json in the form of the Cosmos chain registry, from which
// wallets and explorers read it too: the fields that a network of this chain has, by
// their names there.
type registryChain struct {
	Schema       string           `json:"$schema"`
	ChainName    string           `json:"chain_name"`
	ChainType    string           `json:"chain_type"`
	ChainID      string           `json:"chain_id"`
	PrettyName   string           `json:"pretty_name"`
	Website      string           `json:"website,omitempty"`
	Status       string           `json:"status"`
	NetworkType  string           `json:"network_type"`
	Bech32Prefix string           `json:"bech32_prefix"`
	DaemonName   string           `json:"daemon_name"`
	NodeHome     string           `json:"node_home"`
	KeyAlgos     []string         `json:"key_algos"`
	Slip44       int              `json:"slip44"`
	Fees         registryFees     `json:"fees"`
	Staking      registryStaking  `json:"staking"`
	Codebase     registryCodebase `json:"codebase"`
	Description  string           `json:"description,omitempty"`
	Peers        struct {
		Seeds           []registryPeer `json:"seeds"`
		PersistentPeers []registryPeer `json:"persistent_peers"`
	} `json:"peers"`
	APIs struct {
		RPC  []registryEndpoint `json:"rpc"`
		REST []registryEndpoint `json:"rest"`
		GRPC []registryEndpoint `json:"grpc"`
	} `json:"apis"`
}

type registryFees struct {
	FeeTokens []registryFee `json:"fee_tokens"`
}

// registryFee has prices for a unit of gas; the registry has them as numbers, which are
// kept as they are written.
type registryFee struct {
	Denom   string      `json:"denom"`
	Min     json.Number `json:"fixed_min_gas_price"`
	Low     json.Number `json:"low_gas_price"`
	Average json.Number `json:"average_gas_price"`
	High    json.Number `json:"high_gas_price"`
}

type registryStaking struct {
	StakingTokens []struct {
		Denom string `json:"denom"`
	} `json:"staking_tokens"`
	LockDuration struct {
		Time string `json:"time"`
	} `json:"lock_duration"`
}

type registryCodebase struct {
	GitRepo            string   `json:"git_repo"`
	RecommendedVersion string   `json:"recommended_version"`
	CompatibleVersions []string `json:"compatible_versions"`
	Genesis            *struct {
		URL string `json:"genesis_url"`
	} `json:"genesis,omitempty"`
}

type registryPeer struct {
	ID       string `json:"id"`
	Address  string `json:"address"`
	Provider string `json:"provider,omitempty"`
}

type registryEndpoint struct {
	Address  string `json:"address"`
	Provider string `json:"provider,omitempty"`
}

// registryAssets is assetlist.json.
type registryAssets struct {
	Schema    string          `json:"$schema"`
	ChainName string          `json:"chain_name"`
	Assets    []registryAsset `json:"assets"`
}

type registryAsset struct {
	Description string `json:"description,omitempty"`
	DenomUnits  []struct {
		Denom    string `json:"denom"`
		Exponent int    `json:"exponent"`
	} `json:"denom_units"`
	TypeAsset string `json:"type_asset"`
	Base      string `json:"base"`
	Name      string `json:"name"`
	Display   string `json:"display"`
	Symbol    string `json:"symbol"`
}

// strictly decodes one JSON document without unknown fields.
func strictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("parse it: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("parse it: something follows the document")
	}
	return nil
}
