package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/devnet"
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
	home, chainID, grpc, rpc, node, wallet, session, maxGasPrice string
	// nodeDefault is asked where no flag says which; compute is the API of a
	// compute node on this computer, and mining the folder of a devnet's.
	nodeDefault, compute, mining string
	// peers is the client of nodes inside this process, once it is needed.
	peers *p2p.Host
	// own is the wallet of wallet, once a command asked for it: a passphrase is
	// asked for once.
	own *client.Wallet

	json bool
	// yes answers every question, and dryRun sends nothing.
	yes, dryRun bool
	// given is the passphrase that the environment said.
	given string
	// all: machines that may only keep disks are asked too.
	all bool
	// completing: a shell waits for words, so nobody is asked anything.
	completing bool
	// stays: the command runs until it is told to end.
	stays   bool
	timeout time.Duration
	closers []func()
	// conn is the connection to the chain, once there is one.
	conn *chain.Client
	// doners run once the command's result was shown.
	doners []func() error
	// errOut takes what is said beside the result.
	errOut io.Writer
}

func (s *settings) register(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&s.home, "home", "", "folder of keys and devnet (default $DBC_HOME, then ~/.dbc)")
	f.StringVar(&s.chainID, "chain-id", "", "chain id (default the running devnet's, then what the chain's node says)")
	f.StringVar(&s.grpc, "grpc", "", "gRPC of a dbcd (default the running devnet's, then "+defaultGRPC+")")
	f.StringVar(&s.rpc, "rpc", "", "RPC of a dbcd (default the running devnet's, then "+defaultRPC+")")
	f.StringVar(&s.node, "node", "", "API of a client node, or "+direct+" for none (default the running devnet's, then "+defaultNode+", then "+direct+")")
	f.StringVar(&s.wallet, "wallet", os.Getenv("DBC_WALLET"), "name or address of the wallet (default $DBC_WALLET, then the only one)")
	f.StringVar(&s.session, "session", "", "file of a session: ask its machine by it, instead of by a wallet")
	f.BoolVar(&s.json, "json", false, "print JSON")
	f.BoolVar(&s.yes, "yes", false, "do what can't be undone without asking; needed where no terminal can be asked")
	f.BoolVar(&s.dryRun, "dry-run", false, "check everything, and send nothing")
	f.StringVar(&s.maxGasPrice, "max-gas-price", "", "the most to pay for a unit of gas where the network asks more than its usual 0.01udbc (default 1udbc)")
	s.timeout = defaultTimeout
	f.Var(patience{&s.timeout}, "timeout", "give up waiting after this, such as 30s or 5m")
}

func (s *settings) onClose(f func()) { s.closers = append(s.closers, f) }

func (s *settings) onDone(f func() error) { s.doners = append(s.doners, f) }

// done says that the result was shown.
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

// resolve fills what no flag gave, from the devnet of this home if one runs.
func (s *settings) resolve() error {
	home, err := s.homeDir()
	if err != nil {
		return err
	}
	info, err := devnet.Read(home)
	if err != nil && !errors.Is(err, devnet.ErrNotRunning) {
		return err
	}
	// A flag that points elsewhere means another chain, so nothing is mixed.
	if s.grpc == "" && s.rpc == "" && s.chainID == "" && err == nil {
		s.grpc, s.rpc, s.chainID = info.GRPC, info.RPC, info.ChainID
		fill(&s.nodeDefault, info.Client)
		fill(&s.compute, info.Node)
		fill(&s.mining, devnet.MiningHome(home))
	}
	if u, err := url.Parse(s.node); s.node != "" && s.node != direct && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https")) {
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

// dial prepares the connection to the chain, one for the whole command: a wallet
// is held by the first that signs with it.
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
		DryRun: s.dryRun, MaxGasPrice: s.maxGasPrice,
		Outbox: client.Outbox(home), Busy: s.sayBusy, Earlier: s.saySettled,
	})
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, err
	case err != nil:
		return nil, &usageError{err}
	}
	s.onClose(func() { _ = c.Close() })
	s.onDone(c.Acknowledge)
	s.watchChain(ctx, c)
	if s.chainID == "" || told != "" {
		head, err := c.Head(ctx)
		if err != nil {
			return nil, err
		}
		if told != "" && told != head.ChainID {
			return nil, usagef("--chain-id %q: %s serves %s", told, s.rpc, head.ChainID)
		}
		s.chainID = head.ChainID
	}
	return c, nil
}

// keyring needs the chain id, which says whether keys have a passphrase.
func (s *settings) keyring(cmd *cobra.Command) (*client.Keyring, error) {
	if err := s.resolve(); err != nil {
		return nil, err
	}
	return s.ring(cmd, client.Backend(s.chainID))
}

// sparing lets a buffered reader that looks for a line take no byte beyond it:
// after a passphrase, a password or a guest's keys may follow.
type sparing struct{ io.Reader }

func (r sparing) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(1, len(p))]) }

// signer is the wallet that the command acts for.
func (s *settings) signer(cmd *cobra.Command) (*client.Wallet, error) {
	if s.own != nil {
		return s.own, nil
	}
	own, err := s.findSigner(cmd)
	s.own = own
	return own, err
}

func (s *settings) findSigner(cmd *cobra.Command) (*client.Wallet, error) {
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
	var own []*client.Wallet
	names := make([]string, 0, len(all))
	for _, w := range all {
		// The devnet's own accounts are never meant by saying nothing.
		if !strings.HasPrefix(w.Name, devnet.AccountPrefix) {
			own, names = append(own, w), append(names, w.Name)
		}
	}
	switch len(own) {
	case 1:
		return own[0], nil
	case 0:
		return nil, fmt.Errorf("%w yet: dbc wallet create NAME makes one", client.ErrNoWallet)
	}
	return nil, usagef("which wallet? --wallet with one of: %s", strings.Join(names, ", "))
}

// renter is the wallet with the chain.
func (s *settings) renter(cmd *cobra.Command) (client.Renter, *chain.Client, error) {
	c, err := s.dial(cmd.Context())
	if err != nil {
		return client.Renter{}, nil, err
	}
	w, err := s.signer(cmd)
	if err != nil {
		return client.Renter{}, nil, err
	}
	return client.Renter{Chain: c, Wallet: w}, c, nil
}
