package network

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// socketBuffer lets a transaction with tens of thousands of ports go out whole,
// and its acknowledgements, one a message, come back.
const socketBuffer = 16 << 20

// Network is the guests' network of one bridge; safe for many goroutines. It
// works on the network namespace of the calling thread, keeps nothing in
// memory, and needs root.
type Network struct {
	config Config
	log    *slog.Logger
	mu     sync.Mutex
}

// Open checks the configuration and changes nothing.
func Open(config Config) (*Network, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	log := config.Logger
	if log == nil {
		log = slog.Default()
	}
	return &Network{config: config, log: log}, nil
}

// Ensure makes the bridge, its settings and its rules. Rules that are there
// stay, so that guests of a node that starts again keep their ports until
// Apply; without any, nothing passes. It may be repeated, and switches
// net.ipv4.ip_forward on, which Remove leaves: others may count on it by then.
func (n *Network) Ensure(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := n.config.checkOverlap(); err != nil {
		return err
	}
	present, err := n.hasTables()
	if err != nil {
		return err
	}
	// Before the bridge: there is no moment in which guests have it unguarded.
	if !present {
		if err := n.replace(nil); err != nil {
			return err
		}
	}
	if err := n.config.ensureBridge(); err != nil {
		return err
	}
	if err := n.admit(); err != nil {
		return err
	}
	return n.config.ensureSettings()
}

// Apply makes the kernel's rules exactly these bindings', in one transaction,
// and takes the host's connected networks anew. A refusal is ErrBadBinding and
// changes nothing. Connections that it lets through no more are forgotten too.
// It may be repeated, and after a restart.
func (n *Network) Apply(ctx context.Context, bindings []Binding) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := n.config.check(bindings); err != nil {
		return err
	}
	// Limits first: there is no moment in which a guest has none.
	if err := n.limit(bindings); err != nil {
		return err
	}
	if err := n.replace(bindings); err != nil {
		return err
	}
	if err := n.admit(); err != nil {
		return err
	}
	return newStale(n.config, bindings).forget()
}

// Remove takes the bridge and the rules away. What isn't there is no error.
func (n *Network) Remove(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	// The bridge first: rules outlive it rather than the other way round.
	if err := n.config.removeBridge(); err != nil {
		return err
	}
	if err := n.leave(); err != nil {
		return err
	}
	conn, err := n.connect()
	if err != nil {
		return err
	}
	for _, table := range []*nftables.Table{
		n.config.ipTable(), n.config.linkTable(),
		n.config.limitTable(nftables.TableFamilyINet), n.config.limitTable(nftables.TableFamilyBridge),
	} {
		conn.AddTable(table)
		conn.DelTable(table)
	}
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("remove rules: %w", err)
	}
	return nil
}

func (n *Network) replace(bindings []Binding) error {
	near, err := connected()
	if err != nil {
		return err
	}
	conn, err := n.connect()
	if err != nil {
		return err
	}
	r := &ruleset{conn: conn, config: n.config, bindings: bindings, blocked: merge(append(near, reserved...))}
	if err := r.write(); err != nil {
		return err
	}
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("write rules: %w", err)
	}
	return nil
}

func (n *Network) hasTables() (bool, error) {
	conn, err := n.connect()
	if err != nil {
		return false, err
	}
	for _, want := range []*nftables.Table{n.config.ipTable(), n.config.linkTable()} {
		_, err := conn.ListTableOfFamily(want.Name, want.Family)
		if errors.Is(err, unix.ENOENT) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("look for rules: %w", err)
		}
	}
	return true, nil
}

func (n *Network) connect() (*nftables.Conn, error) {
	conn, err := nftables.New(nftables.WithSockOptions(func(c *netlink.Conn) error {
		return errors.Join(c.SetWriteBuffer(socketBuffer), c.SetReadBuffer(socketBuffer))
	}))
	if err != nil {
		return nil, fmt.Errorf("open nftables: %w", err)
	}
	return conn, nil
}
