package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/chain/outbox"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/networks"
	"github.com/dbc-network/dbc/node/p2p"
)

const (
	defaultGRPC = "127.0.0.1:9090"
	defaultRPC  = "http://127.0.0.1:26657"
	defaultNode = "http://127.0.0.1:5050"
	defaultHost = "http://127.0.0.1:5060"
	// direct asks machines from this process, without a client node.
	direct = "direct"
)

// settings are the flags of every command, and what they open.
type settings struct {
	home, profile, network, chainID, grpc, rpc, node, wallet, session, maxGasPrice, language string
	// origins say where a global flag's value is from, once adopt has run.
	origins map[string]string
	// described is the chosen network, and gasPrice its minimum.
	described *networks.Network
	gasPrice  string
	// nodeDefault is used if no flag names a node; compute is the API of a compute
	// node on this computer, and mining the folder of a devnet's.
	nodeDefault, compute, mining string
	// peers is the libp2p host inside this process, once it is needed.
	peers *p2p.Host
	// own is the opened wallet, once a command needed it, so that a passphrase is
	// asked for once.
	own *market.Wallet

	json bool
	// yes answers every question, and dryRun sends nothing.
	yes, dryRun bool
	// given is the passphrase from the environment.
	given string
	// told are the flags about the chain as they were given, before what no flag gave is
	// filled in.
	told *endpoints
	// all is set if machines that may only keep disks are asked too.
	all bool
	// completing is set while a shell waits for completions, so nobody is asked anything.
	completing bool
	// stays is set if the command runs until it is told to end.
	stays   bool
	timeout time.Duration
	closers []func()
	// signed is told each transaction before it is sent; nil for nobody.
	signed func(outbox.Sent) error
	// conn is the connection to the chain, once there is one.
	conn *chain.Client
	// doners run once the command's result was shown.
	doners []func() error
	// errOut receives messages beside the result.
	errOut io.Writer
}

// endpoints are where a chain is.
type endpoints struct{ chainID, grpc, rpc string }

func (s *settings) register(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&s.home, "home", "", "folder of keys and devnet (default $DBC_HOME, then ~/.dbc)")
	f.StringVar(&s.profile, "profile", "", "profile of the configuration file that says what no flag and no variable says, or none (default what dbc config use chose)")
	f.StringVar(&s.network, "network", "", "name or folder of a network, which gives chain id, endpoints, gas price and genesis: "+strings.Join(networks.Names(), ", "))
	f.StringVar(&s.chainID, "chain-id", "", "chain id (default the running devnet's, then what the chain's node says)")
	f.StringVar(&s.grpc, "grpc", "", "gRPC of a dbcd (default the running devnet's, then "+defaultGRPC+")")
	f.StringVar(&s.rpc, "rpc", "", "RPC of a dbcd (default the running devnet's, then "+defaultRPC+")")
	f.StringVar(&s.node, "node", "", "API of a client node, or "+direct+" for none (default the running devnet's, then "+defaultNode+", then "+direct+")")
	f.StringVar(&s.wallet, "wallet", "", "name or address of the wallet (default $DBC_WALLET, then the only one)")
	f.StringVar(&s.session, "session", "", "file of a session: ask its machine by it, instead of by a wallet")
	f.BoolVar(&s.json, "json", false, "print JSON")
	f.StringVar(&s.language, "language", "", "en or zh, for the texts that have both (default the locale's)")
	f.BoolVar(&s.yes, "yes", false, "do what can't be undone without asking; needed where no terminal can be asked (the variable counts only there)")
	f.BoolVar(&s.dryRun, "dry-run", false, "check everything, and send nothing")
	f.StringVar(&s.maxGasPrice, "max-gas-price", "", "the most to pay for a unit of gas where the network asks more than its usual 0.01udbc (default 1udbc)")
	s.timeout = defaultTimeout
	f.Var(patience{&s.timeout}, "timeout", "give up waiting after this, such as 30s or 5m")
	sayEnv(f)
}

func (s *settings) onClose(f func()) { s.closers = append(s.closers, f) }

func (s *settings) onDone(f func() error) { s.doners = append(s.doners, f) }

// done runs what waits for the result to have been shown.
func (s *settings) done() error {
	var failed []error
	for _, f := range s.doners {
		failed = append(failed, f())
	}
	return errors.Join(failed...)
}

func (s *settings) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

// homeDir is the folder of keys and devnet.
func (s *settings) homeDir() (string, error) {
	if s.home != "" {
		if err := os.Setenv("DBC_HOME", s.home); err != nil {
			return "", fmt.Errorf("set DBC_HOME: %w", err)
		}
	}
	return client.Home()
}

// resolve fills in what no flag gave, from the devnet of this home if one runs.
func (s *settings) resolve() error {
	if s.told == nil {
		s.told = &endpoints{s.chainID, s.grpc, s.rpc}
	}
	home, err := s.homeDir()
	if err != nil {
		return err
	}
	if err := s.ofDevnet(home); err != nil {
		return err
	}
	if s.node != "" && s.node != direct && !isNodeAddress(s.node) {
		return usagef("--node %q: http(s)://host:port, or %s wanted", s.node, direct)
	}
	fill(&s.grpc, defaultGRPC)
	fill(&s.rpc, defaultRPC)
	fill(&s.nodeDefault, defaultNode)
	fill(&s.compute, defaultHost)
	return nil
}

func fill(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

// dial prepares the connection to the chain, one for the whole command: the
// first client that signs with a wallet holds it.
func (s *settings) dial(ctx context.Context) (*chain.Client, error) {
	if s.conn != nil {
		return s.conn, nil
	}
	c, err := s.connect(ctx)
	if err == nil {
		s.conn = c
	}
	return c, err
}

func (s *settings) connect(ctx context.Context) (*chain.Client, error) {
	told := s.chainID
	if err := s.resolve(); err != nil {
		return nil, err
	}
	home, err := s.homeDir()
	if err != nil {
		return nil, err
	}
	c, err := chain.Dial(ctx, chain.Config{
		ChainID: s.chainID, GRPC: s.grpc, RPC: s.rpc,
		DryRun: s.dryRun, GasPrice: s.gasPrice, MaxGasPrice: s.maxGasPrice,
		Outbox: client.Outbox(home), Busy: s.sayBusy, Earlier: s.saySettled, Signed: s.beforeSending,
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, err
	case err != nil:
		return nil, &usageError{err}
	}
	s.onClose(func() { _ = c.Close() })
	s.onDone(c.Acknowledge)
	watchChain(ctx, s, c)
	if s.chainID == "" || told != "" {
		head, err := c.Head(ctx)
		if err != nil {
			return nil, err
		}
		if told != "" {
			if err := s.sameChain(head); err != nil {
				return nil, err
			}
		}
		s.chainID = head.ChainID
	}
	return c, nil
}

func (s *settings) beforeSending(sent outbox.Sent) error {
	if s.signed == nil {
		return nil
	}
	return s.signed(sent)
}

// keyring needs the chain id, which says whether keys have a passphrase.
func (s *settings) keyring(cmd *cobra.Command) (*market.Keyring, error) {
	if err := s.resolve(); err != nil {
		return nil, err
	}
	return openRing(s, cmd, market.Backend(s.chainID))
}

// sparing keeps a buffered reader that looks for a line from reading beyond it:
// a passphrase, a password or a guest's keys may follow.
type sparing struct{ io.Reader }

func (r sparing) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(1, len(p))]) }

// signer returns the wallet that the command acts for.
func (s *settings) signer(cmd *cobra.Command) (*market.Wallet, error) {
	if s.own != nil {
		return s.own, nil
	}
	own, err := s.findSigner(cmd)
	s.own = own
	return own, err
}

func (s *settings) findSigner(cmd *cobra.Command) (*market.Wallet, error) {
	ring, err := s.keyring(cmd)
	if err != nil {
		return nil, err
	}
	if s.wallet != "" {
		return ring.Wallet(s.wallet)
	}
	all, err := ring.Wallets()
	if err != nil {
		return nil, err
	}
	home, err := s.homeDir()
	if err != nil {
		return nil, err
	}
	own, err := withoutDevnets(home, all)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(own))
	for i, w := range own {
		names[i] = w.Name
	}
	switch len(own) {
	case 1:
		return own[0], nil
	case 0:
		return nil, fmt.Errorf("%w yet: dbc wallet create NAME makes one", market.ErrNoWallet)
	}
	return nil, usagef("which wallet? --wallet with one of: %s", strings.Join(names, ", "))
}

// renter returns the wallet with the chain.
func (s *settings) renter(cmd *cobra.Command) (market.Renter, *chain.Client, error) {
	c, err := s.dial(cmd.Context())
	if err != nil {
		return market.Renter{}, nil, err
	}
	w, err := s.signer(cmd)
	if err != nil {
		return market.Renter{}, nil, err
	}
	return market.Renter{Chain: c, Wallet: w}, c, nil
}

// defaultTimeout is for commands that request something; commands that stay have none.
const defaultTimeout = 2 * time.Minute

// staying marks commands that run until they are told to end.
const staying = "staying"
