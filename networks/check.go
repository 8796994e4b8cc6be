package networks

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/chainid"
)

const (
	denom    = "udbc"
	decimals = 6
	prefix   = "dbc"
	daemon   = "dbcd"
	// maxAddresses bounds a list of peers or endpoints.
	maxAddresses = 100
)

var (
	chainName = regexp.MustCompile(`^[a-z0-9]{1,50}$`)
	nodeID    = regexp.MustCompile(`^[0-9a-f]{40}$`)
	hostName  = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)
	price     = regexp.MustCompile(`^(0|[1-9]\d{0,5})(\.\d{1,6})?$`)
)

// kindOf returns the network_type that belongs to a chain id.
func kindOf(id string) string {
	switch {
	case chainid.Devnet(id):
		return "devnet"
	case chainid.Test(id):
		return "testnet"
	}
	return "mainnet"
}

// read reads and checks a network's description, without its genesis.
func read(source string, f files) (*Network, error) {
	n := &Network{Source: source, files: f}
	for name, parse := range map[string]func([]byte) error{TermsFile: n.readTerms, ChainFile: n.readChain} {
		text, err := f.read(name, maxDescription)
		if err != nil {
			return nil, err
		}
		if err := parse(text); err != nil {
			return nil, fmt.Errorf("%w %s: %s: %w", ErrFile, f.dir, name, err)
		}
	}
	return n, n.agree()
}

func (n *Network) readTerms(text []byte) error {
	t, err := parseTerms(text)
	n.Versions, n.Ceremony = t.Versions, t.Ceremony
	return err
}

func (n *Network) readChain(text []byte) error {
	var c registryChain
	if err := strictly(text, &c); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	n.ChainID = c.ChainID
	n.GasPrice = c.Fees.FeeTokens[0].Min.String() + denom
	n.newest = c.Codebase.RecommendedVersion
	n.chainName = c.ChainName
	var err error
	if n.Seeds, err = peers("peers.seeds", c.Peers.Seeds); err != nil {
		return err
	}
	if n.Peers, err = peers("peers.persistent_peers", c.Peers.PersistentPeers); err != nil {
		return err
	}
	if n.RPC, err = endpoints("apis.rpc", c.APIs.RPC, webAddress); err != nil {
		return err
	}
	if n.REST, err = endpoints("apis.rest", c.APIs.REST, webAddress); err != nil {
		return err
	}
	n.GRPC, err = endpoints("apis.grpc", c.APIs.GRPC, hostPort)
	return err
}

// agree compares what more than one file says.
func (n *Network) agree() error {
	if last := n.Versions[len(n.Versions)-1].Version; n.newest != "v"+last {
		return fmt.Errorf("%w %s: codebase.recommended_version of %s is %q, and the newest [[version]] of %s is %s; v%s is wanted",
			ErrFile, n.files.dir, ChainFile, n.newest, TermsFile, last, last)
	}
	text, err := n.files.read(AssetsFile, maxDescription)
	if err != nil {
		return err
	}
	var a registryAssets
	if err := strictly(text, &a); err != nil {
		return fmt.Errorf("%w %s: %s: %w", ErrFile, n.files.dir, AssetsFile, err)
	}
	if err := a.check(n.chainName); err != nil {
		return fmt.Errorf("%w %s: %s: %w", ErrFile, n.files.dir, AssetsFile, err)
	}
	return nil
}

// field is a field with its one correct value, or several.
type field struct {
	name, value string
	want        []string
}

func (c registryChain) check() error {
	if !chainid.Valid(c.ChainID) {
		return fmt.Errorf("chain_id %q: 1 to 50 letters, digits, dashes and underscores are wanted", c.ChainID)
	}
	if !chainName.MatchString(c.ChainName) {
		return fmt.Errorf("chain_name %q: 1 to 50 small letters and digits are wanted", c.ChainName)
	}
	for _, f := range []field{
		{"$schema", c.Schema, []string{"../chain.schema.json", "../../chain.schema.json"}},
		{"chain_type", c.ChainType, []string{"cosmos"}},
		{"status", c.Status, []string{"upcoming", "live", "killed"}},
		{"network_type", c.NetworkType, []string{kindOf(c.ChainID)}},
		{"bech32_prefix", c.Bech32Prefix, []string{prefix}},
		{"daemon_name", c.DaemonName, []string{daemon}},
		{"node_home", c.NodeHome, []string{"$HOME/." + daemon}},
		{"key_algos", strings.Join(c.KeyAlgos, ","), []string{"secp256k1"}},
		{"slip44", strconv.Itoa(c.Slip44), []string{"118"}},
	} {
		if !slices.Contains(f.want, f.value) {
			return fmt.Errorf("%s %q: %s is wanted", f.name, f.value, strings.Join(f.want, " or "))
		}
	}
	if c.PrettyName == "" || len(c.PrettyName) > 100 {
		return fmt.Errorf("pretty_name has %d bytes; 1 to 100 are wanted", len(c.PrettyName))
	}
	if u, err := url.Parse(c.Codebase.GitRepo); err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("codebase.git_repo %q: an address with https:// is wanted", c.Codebase.GitRepo)
	}
	if !slices.Contains(c.Codebase.CompatibleVersions, c.Codebase.RecommendedVersion) {
		return fmt.Errorf("codebase.compatible_versions: %q, the recommended one, is missing", c.Codebase.RecommendedVersion)
	}
	if s := c.Staking.StakingTokens; len(s) != 1 || s[0].Denom != denom {
		return fmt.Errorf("staking.staking_tokens: one, of %s, is wanted", denom)
	}
	return c.Fees.check()
}

func (f registryFees) check() error {
	if len(f.FeeTokens) != 1 || f.FeeTokens[0].Denom != denom {
		return fmt.Errorf("fees.fee_tokens: one, of %s, is wanted", denom)
	}
	fee, least := f.FeeTokens[0], uint64(1)
	for _, p := range []struct {
		name  string
		value json.Number
	}{
		{"fixed_min_gas_price", fee.Min}, {"low_gas_price", fee.Low}, {"average_gas_price", fee.Average}, {"high_gas_price", fee.High},
	} {
		amount, ok := millionths(p.value)
		if !ok {
			return fmt.Errorf("fees.fee_tokens: %s %q: a number such as 0.01, with at most %d decimals, is wanted", p.name, p.value, decimals)
		}
		if amount < least {
			return fmt.Errorf("fees.fee_tokens: %s %s: more than 0, and no less than the price before it, is wanted", p.name, p.value)
		}
		least = amount
	}
	return nil
}

// millionths returns a price as an integer.
func millionths(n json.Number) (uint64, bool) {
	text := n.String()
	if !price.MatchString(text) {
		return 0, false
	}
	whole, fraction, _ := strings.Cut(text, ".")
	amount, err := strconv.ParseUint(whole+fraction+strings.Repeat("0", decimals-len(fraction)), 10, 64)
	return amount, err == nil
}

func (a registryAssets) check(chainName string) error {
	if !slices.Contains([]string{"../assetlist.schema.json", "../../assetlist.schema.json"}, a.Schema) {
		return fmt.Errorf("$schema %q: ../assetlist.schema.json or ../../assetlist.schema.json is wanted", a.Schema)
	}
	if a.ChainName != chainName {
		return fmt.Errorf("chain_name %q: %q, as in %s, is wanted", a.ChainName, chainName, ChainFile)
	}
	if len(a.Assets) != 1 {
		return fmt.Errorf("assets: there are %d; one is wanted", len(a.Assets))
	}
	asset := a.Assets[0]
	if asset.Base != denom || asset.TypeAsset != "sdk.coin" || asset.Name == "" || len(asset.Name) > 30 || asset.Symbol == "" {
		return fmt.Errorf("assets: base %q, type_asset %q, name %q, symbol %q; %s, sdk.coin, 1 to 30 bytes and a symbol are wanted",
			asset.Base, asset.TypeAsset, asset.Name, asset.Symbol, denom)
	}
	exponents := make(map[string]int, len(asset.DenomUnits))
	for _, unit := range asset.DenomUnits {
		exponents[unit.Denom] = unit.Exponent
	}
	if base, ok := exponents[denom]; !ok || base != 0 {
		return fmt.Errorf("denom_units: %s with exponent 0 is wanted", denom)
	}
	if exponents[asset.Display] != decimals {
		return fmt.Errorf("denom_units: %q, the unit that is displayed, with exponent %d is wanted", asset.Display, decimals)
	}
	return nil
}

func peers(name string, all []registryPeer) ([]string, error) {
	if len(all) > maxAddresses {
		return nil, fmt.Errorf("%s: there are %d, and may be %d", name, len(all), maxAddresses)
	}
	list := make([]string, 0, len(all))
	for _, p := range all {
		if !nodeID.MatchString(p.ID) {
			return nil, fmt.Errorf("%s: id %q: 40 hexadecimal digits, as dbcd comet show-node-id prints them, are wanted", name, p.ID)
		}
		if !hostPort(p.Address) {
			return nil, fmt.Errorf("%s: address %q: host:port is wanted", name, p.Address)
		}
		at := p.ID + "@" + p.Address
		if slices.Contains(list, at) {
			return nil, fmt.Errorf("%s: %s is there twice", name, at)
		}
		list = append(list, at)
	}
	return list, nil
}

func endpoints(name string, all []registryEndpoint, valid func(string) bool) ([]string, error) {
	if len(all) > maxAddresses {
		return nil, fmt.Errorf("%s: there are %d, and may be %d", name, len(all), maxAddresses)
	}
	list := make([]string, 0, len(all))
	for _, e := range all {
		if !valid(e.Address) {
			return nil, fmt.Errorf("%s: address %q: https://host[:port] for RPC and REST (http:// for this computer only), and host:port for gRPC, is wanted", name, e.Address)
		}
		list = append(list, e.Address)
	}
	return list, nil
}

func hostPort(text string) bool {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0 && (hostName.MatchString(host) || net.ParseIP(host) != nil)
}

// webAddress accepts an address that nobody on the way can change, without a name and
// password in it.
func webAddress(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Host == "" {
		return false
	}
	if u.Scheme == "https" {
		return hostName.MatchString(u.Hostname()) || net.ParseIP(u.Hostname()) != nil
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && ip != nil && ip.IsLoopback()
}
