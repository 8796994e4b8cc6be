// Package testnet runs a chain of several validators on one computer: each is
// a dbcd process with its own home and ports on loopback. `make testnet` runs
// one to try things on; the tests here kill its validators and upgrade it.
package testnet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ChainID of every testnet made here. It is a test network's, so test settings are allowed.
const ChainID = "dbc-testnet-1"

// Config of a testnet.
type Config struct {
	// Dir is an empty or absent folder for homes, logs and keys.
	Dir string
	// Dbcd is the daemon's file.
	Dbcd string
	// Upgrades are the daemon's files by the name of the upgrade that they
	// carry out. With any, each validator runs under swap.sh, which does what
	// cosmovisor does.
	Upgrades map[string]string
	// Cosmovisor is its file: each validator runs under it, in its layout, with the
	// daemon as the program of the genesis and Upgrades beside it.
	Cosmovisor string
	// Validators is their number, 4 unless told.
	Validators int
	// Rich are addresses that have a million DBC from the start.
	Rich []string
	// Params are changed in the genesis: by module, then by name.
	Params map[string]map[string]any
	// AsInitialized leaves the consensus timeouts as dbcd init wrote them; else blocks come fast.
	AsInitialized bool
	// SnapshotInterval in blocks, from which others join by state sync; 0 leaves it as
	// dbcd init wrote it.
	SnapshotInterval int
	// Ports begin here, ten for each validator; 0 takes any free ones.
	Ports int
}

// Net is a testnet.
type Net struct {
	// Validators in the order of their numbers.
	Validators []*Validator
}

// New makes homes and genesis. It starts nothing.
func New(ctx context.Context, cfg Config) (*Net, error) {
	if cfg.Validators == 0 {
		cfg.Validators = 4
	}
	if entries, err := os.ReadDir(cfg.Dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("make testnet in %s: the folder is not empty; delete it or name another", cfg.Dir)
	}
	net := &Net{}
	for i := range cfg.Validators {
		v, err := newValidator(ctx, cfg, i)
		if err != nil {
			return nil, err
		}
		net.Validators = append(net.Validators, v)
	}
	if err := net.makeGenesis(ctx, cfg); err != nil {
		return nil, fmt.Errorf("make testnet: %w", err)
	}
	return net, net.connect(cfg)
}

// connect tells each validator of the others, and sets what has no flag.
func (n *Net) connect(cfg Config) error {
	var peers []string
	for _, v := range n.Validators {
		id, err := v.PeerID()
		if err != nil {
			return err
		}
		peers = append(peers, id)
	}
	for i, v := range n.Validators {
		v.peers = strings.Join(append(append([]string(nil), peers[:i]...), peers[i+1:]...), ",")
		if err := v.configure(cfg.AsInitialized); err != nil {
			return err
		}
	}
	return nil
}

// Start starts all validators and waits for their first block.
func (n *Net) Start(ctx context.Context) error {
	for _, v := range n.Validators {
		if err := v.Start(ctx); err != nil {
			return err
		}
	}
	for _, v := range n.Validators {
		if err := v.WaitHeight(ctx, 1); err != nil {
			return err
		}
	}
	return nil
}

// grace is how long a validator has to end in order.
const grace = 20 * time.Second

// Stop ends all validators and closes their clients.
func (n *Net) Stop() error {
	var failed []error
	for _, v := range n.Validators {
		v.ask()
	}
	for _, v := range n.Validators {
		failed = append(failed, v.end(grace), v.Client.Close())
	}
	return errors.Join(failed...)
}

// Wait returns when a validator died, or ctx is done.
func (n *Net) Wait(ctx context.Context) error {
	died := make(chan *Validator, len(n.Validators))
	for _, v := range n.Validators {
		go func(done <-chan struct{}) {
			select {
			case <-done:
				died <- v
			case <-ctx.Done():
			}
		}(v.done)
	}
	select {
	case v := <-died:
		return fmt.Errorf("validator %d ended by itself, see %s", v.Number, v.log())
	case <-ctx.Done():
		return nil
	}
}

func (c Config) home(i int) string { return filepath.Join(c.Dir, fmt.Sprintf("val%d", i)) }
