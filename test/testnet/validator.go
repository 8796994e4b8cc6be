package testnet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/cometbft/cometbft/p2p"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	"github.com/dbc-network/dbc/chain"
)

// Validator is one of a testnet's processes.
type Validator struct {
	// Number from 0.
	Number int
	// Home is its folder.
	Home string
	// RPC, GRPC, REST and Metrics are its addresses.
	RPC, GRPC, REST, Metrics string
	// Signer holds its account, at Address.
	Signer  chain.Signer
	Address string
	// Client speaks to it, also after it was down.
	Client *chain.Client
	// Comet asks it for blocks.
	Comet *rpchttp.HTTP

	dbcd     string
	upgrades map[string]string
	p2p      string
	peers    string
	// cosmovisor runs the daemon unless it is empty.
	cosmovisor string
	// snapshots is their interval in blocks; 0 leaves it as initialized.
	snapshots int
	// fromFile leaves the peers to config.toml.
	fromFile bool
	process
}

func newValidator(ctx context.Context, cfg Config, i int) (*Validator, error) {
	v := &Validator{Number: i, Home: cfg.home(i), dbcd: cfg.Dbcd, upgrades: cfg.Upgrades, cosmovisor: cfg.Cosmovisor, snapshots: cfg.SnapshotInterval}
	var addresses [5]string
	for port := range addresses {
		var err error
		if cfg.Ports != 0 {
			addresses[port], err = freeAt(ctx, cfg.Ports+10*i+port)
		} else {
			addresses[port], err = freeAddress(ctx)
		}
		if err != nil {
			return nil, fmt.Errorf("find a port of validator %d: %w", i, err)
		}
	}
	v.RPC, v.p2p, v.GRPC, v.REST = "http://"+addresses[0], addresses[1], addresses[2], "http://"+addresses[3]
	v.Metrics = "http://" + addresses[4] + "/metrics"
	var err error
	if v.Client, err = chain.Dial(ctx, chain.Config{ChainID: ChainID, GRPC: v.GRPC, RPC: v.RPC}); err != nil {
		return nil, err
	}
	v.Comet, err = rpchttp.New(v.RPC, "/websocket")
	return v, err
}

// errGiven means that another validator of this process was given the port.
var errGiven = errors.New("given to another validator")

// Ports of validators are below those that the kernel gives to outgoing
// connections: between the look and the start of the daemon any program that
// connects somewhere could be given one of these.
const (
	firstPort = 20000
	lastPort  = 32767
	portTries = 100
)

// given are the ports that this process has handed out: nobody listens on one until
// its daemon starts, and a second validator could be given the same.
var given sync.Map

// freeAddress returns an address on loopback on which nobody listens, and which
// nobody was given before.
func freeAddress(ctx context.Context) (address string, err error) {
	for range portTries {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if address, err = freeAt(ctx, port); err != nil {
			continue
		}
		if _, before := given.LoadOrStore(port, true); !before {
			return address, nil
		}
		err = fmt.Errorf("port %d: %w", port, errGiven)
	}
	return "", err
}

// freeAt returns the address of a port if nobody listens there. Another program
// could still take it before the daemon does: then that start fails and says so.
func freeAt(ctx context.Context, port int) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// makeKey puts the account into the home's keyring, so that commands can use it too.
func (v *Validator) makeKey() error {
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	ring, err := keyring.New("dbcd", keyring.BackendTest, v.Home, nil, codec.NewProtoCodec(registry))
	if err != nil {
		return fmt.Errorf("open keyring: %w", err)
	}
	record, _, err := ring.NewMnemonic(keyName, keyring.English, hd.CreateHDPath(118, 0, 0).String(), "", hd.Secp256k1)
	if err != nil {
		return fmt.Errorf("make key of validator %d: %w", v.Number, err)
	}
	local := record.GetLocal()
	key, ok := local.PrivKey.GetCachedValue().(*secp256k1.PrivKey)
	if !ok {
		return fmt.Errorf("make key of validator %d: keyring gave a %T", v.Number, local.PrivKey.GetCachedValue())
	}
	v.Signer, v.Address = chain.NewKeySigner(key), chain.Address(key.PubKey())
	return nil
}

// PeerID is where the others find it.
func (v *Validator) PeerID() (string, error) {
	key, err := p2p.LoadNodeKey(filepath.Join(v.Home, "config", "node_key.json"))
	if err != nil {
		return "", fmt.Errorf("read node key: %w", err)
	}
	return p2p.IDAddressString(key.ID(), v.p2p), nil
}

// fast are the settings that make blocks come fast.
var fast = map[string]string{"timeout_commit": `"300ms"`, "timeout_propose": `"1s"`}

// settings that dbcd start has no flag for: all peers are on one address.
var settings = map[string]string{
	"addr_book_strict":   "false",
	"allow_duplicate_ip": "true",
	"pex":                "false",
}

func (v *Validator) configure(asInitialized bool) error {
	values := maps.Clone(settings)
	values["prometheus"] = "true"
	values["prometheus_listen_addr"] = strconv.Quote(strings.TrimSuffix(v.Metrics[len("http://"):], "/metrics"))
	if !asInitialized {
		maps.Copy(values, fast)
	}
	path := filepath.Join(v.Home, "config", "config.toml")
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read config.toml: %w", err)
	}
	for name, value := range values {
		line := regexp.MustCompile(`(?m)^` + name + ` = .*$`)
		if len(line.FindAll(text, -1)) != 1 {
			return fmt.Errorf("config.toml has not one %s", name)
		}
		text = line.ReplaceAll(text, []byte(name+" = "+value))
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write config.toml: %w", err)
	}
	return v.installUpgrades()
}

func (v *Validator) flags() []string {
	flags := []string{
		"--home", v.Home, "--rpc.laddr", "tcp" + v.RPC[len("http"):], "--rpc.pprof_laddr", "", "--p2p.laddr", "tcp://" + v.p2p,
		"--grpc.address", v.GRPC, "--api.address", "tcp" + v.REST[len("http"):], "--log_no_color",
	}
	if v.snapshots > 0 {
		flags = append(flags, "--state-sync.snapshot-interval", strconv.Itoa(v.snapshots))
	}
	if !v.fromFile {
		flags = append(flags, "--p2p.persistent_peers", v.peers)
	}
	return flags
}

// WaitHeight waits until its application has committed a block; the daemon
// knows of the block a moment before.
func (v *Validator) WaitHeight(ctx context.Context, height int64) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	wakes, err := v.Client.Watch(ctx)
	if err != nil {
		return err
	}
	for {
		if info, err := v.Comet.ABCIInfo(ctx); err == nil && info.Response.LastBlockHeight >= height {
			return nil
		}
		select {
		case <-wakes:
		case <-v.done:
			return fmt.Errorf("wait for height %d: validator %d ended, see %s", height, v.Number, v.log())
		case <-ctx.Done():
			return fmt.Errorf("wait for height %d of validator %d: %w", height, v.Number, context.Cause(ctx))
		}
	}
}
