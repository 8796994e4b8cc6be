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

// socketBuffer is large enough to send a transaction with tens of thousands of
// ports at once, and to receive its acknowledgements, one per message.
const socketBuffer = 16 << 20

// Network is the guests' network on one bridge. It is safe for concurrent use,
// works on the network namespace of the calling thread, keeps no state in
// memory, and needs root.
type Network struct {
	config Config
	log    *slog.Logger
	mu     sync.Mutex
}

// Open validates the configuration and changes nothing.
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

// Ensure creates the bridge, its settings and its rules. Existing rules stay,
// so that guests of a restarted node keep their ports until Apply; without any,
// nothing passes. It may be repeated. It enables net.ipv4.ip_forward, which
// Remove does not disable, because others may rely on it by then.
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
	// Before the bridge, so that guests never have it without protection.
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

// Apply sets the kernel's rules to exactly these bindings, in one transaction,
// and reads the computer's connected networks again. An invalid binding is
// ErrBadBinding and changes nothing. Tracked connections that are no longer
// permitted are removed too. It may be repeated, also after a restart.
func (n *Network) Apply(ctx context.Context, bindings []Binding) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := n.config.check(bindings); err != nil {
		return err
	}
	// Limits first, so that a guest is never without.
	if err := n.limit(bindings); err != nil {
		return err
	}
	if err := n.replace(bindings); err != nil {
		return err
	}
	if err := n.admit(); err != nil {
		return err
	}
	old, err := newStale(n.config, bindings)
	if err != nil {
		return err
	}
	return old.forget()
}

// Remove removes the bridge and the rules. It is not an error if they do not
// exist.
func (n *Network) Remove(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	// The bridge first, so that it is never without rules.
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
