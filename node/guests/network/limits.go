package network

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Limits are what a guest may use per virtual CPU. Zero means no limit.
type Limits struct {
	// Connections is the number of connections tracked at once, whichever side
	// opened them.
	Connections uint32
	// Packets and Bytes are per second and direction.
	Packets, Bytes uint64
}

// of returns the total limits of a guest.
func (l Limits) of(cpus int) Limits {
	n := uint64(max(cpus, 1))
	return Limits{Connections: uint32(min(uint64(l.Connections)*n, 1<<31)), Packets: l.Packets * n, Bytes: l.Bytes * n}
}

// The smallest burst that a limit permits.
const (
	minBurst  = 256
	minBytes  = 1 << 20
	overLimit = 1 // NFT_CONNLIMIT_F_INV
)

// Prefixes of the chains with guests' limits. The rest of a name is the guest's
// port and the limits themselves. A chain whose name is still right is left
// unchanged, because it has the state of what passed.
const (
	connChain = "conn-"
	inChain   = "in-"
	outChain  = "out-"
)

func (c Config) limitTable(family nftables.TableFamily) *nftables.Table {
	return &nftables.Table{Name: c.tableName() + "-limits", Family: family}
}

// limit creates the limits of each guest, in separate tables: those of the
// other rules are rebuilt in each pass, and would lose their counters.
func (n *Network) limit(bindings []Binding) error {
	conn, err := n.connect()
	if err != nil {
		return err
	}
	ip := limiter{conn: conn, config: n.config, table: n.config.limitTable(nftables.TableFamilyINet)}
	link := limiter{conn: conn, config: n.config, table: n.config.limitTable(nftables.TableFamilyBridge)}
	for _, l := range []*limiter{&ip, &link} {
		if err := l.read(); err != nil {
			return err
		}
	}
	ip.connections(bindings)
	link.rates(bindings)
	ip.drop()
	link.drop()
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("write the guests' limits (the kernel needs nft_limit and nft_connlimit): %w", err)
	}
	return nil
}

// limiter changes one table of limits.
type limiter struct {
	conn   *nftables.Conn
	config Config
	table  *nftables.Table
	// old are the existing chains of guests that have not been requested so
	// far.
	old map[string]*nftables.Chain
	// have are the existing chains.
	have map[string]*nftables.Chain
}

func (l *limiter) read() error {
	l.old, l.have = map[string]*nftables.Chain{}, map[string]*nftables.Chain{}
	chains, err := l.conn.ListChainsOfTableFamily(l.table.Family)
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("look for the guests' limits: %w", err)
	}
	for _, chain := range chains {
		if chain.Table.Name == l.table.Name && strings.Contains(chain.Name, "-") {
			chain.Table = l.table
			l.old[chain.Name], l.have[chain.Name] = chain, chain
		}
	}
	l.conn.AddTable(l.table)
	return nil
}

// base returns an empty chain that sends guests' packets to their limits.
func (l *limiter) base(name string, hook *nftables.ChainHook, prio nftables.ChainPriority) *nftables.Chain {
	chain := l.conn.AddChain(&nftables.Chain{Name: name, Table: l.table, Type: nftables.ChainTypeFilter, Hooknum: hook, Priority: &prio})
	l.conn.FlushChain(chain)
	return chain
}

// guest returns a chain with such rules, and keeps it if it exists.
func (l *limiter) guest(name string, rules ...[]expr.Any) []expr.Any {
	if l.have[name] == nil {
		chain := l.conn.AddChain(&nftables.Chain{Name: name, Table: l.table})
		for _, one := range rules {
			l.conn.AddRule(&nftables.Rule{Table: l.table, Chain: chain, Exprs: one})
		}
		l.have[name] = chain
	}
	delete(l.old, name)
	return jump(name)
}

func (l *limiter) add(chain *nftables.Chain, parts ...[]expr.Any) {
	l.conn.AddRule(&nftables.Rule{Table: l.table, Chain: chain, Exprs: rule(parts...)})
}

// drop deletes the chains of guests that are gone, to which no rule leads any
// more.
func (l *limiter) drop() {
	for _, chain := range l.old {
		l.conn.FlushChain(chain)
		l.conn.DelChain(chain)
	}
}

// connections bounds a guest's tracked connections: a new one beyond the limit
// is dropped and not tracked.
func (l *limiter) connections(bindings []Binding) {
	forward := l.base("forward", nftables.ChainHookForward, *nftables.ChainPriorityFilter-5)
	for _, b := range bindings {
		most := l.config.Limits.of(b.CPUs).Connections
		if most == 0 {
			continue
		}
		to := l.guest(fmt.Sprintf("%s%s-%d", connChain, b.Tap, most), rule(
			[]expr.Any{&expr.Connlimit{Count: most, Flags: overLimit}}, drop()))
		begun := rule(family(expr.CmpOpEq, unix.NFPROTO_IPV4), ctState(expr.CtStateBitNEW))
		for _, side := range []struct {
			link   []expr.Any
			offset uint32
		}{{iif(expr.CmpOpEq, l.config.Bridge), ipSource}, {oif(expr.CmpOpEq, l.config.Bridge), ipDest}} {
			l.add(forward, side.link, begun, []expr.Any{
				load(expr.PayloadBaseNetworkHeader, side.offset, 4, reg), compare(expr.CmpOpEq, b.Addr.AsSlice()),
			}, to)
		}
	}
}

// rates bounds packets and bytes at a guest's port, before anything else sees
// them.
func (l *limiter) rates(bindings []Binding) {
	in := l.base("prerouting", nftables.ChainHookPrerouting, bridgeFirst-10)
	out := l.base("output", nftables.ChainHookOutput, bridgeFirst-10)
	for _, b := range bindings {
		most := l.config.Limits.of(b.CPUs)
		var rules [][]expr.Any
		if most.Packets > 0 {
			rules = append(rules, rule([]expr.Any{&expr.Limit{
				Type: expr.LimitTypePkts, Rate: most.Packets, Over: true, Unit: expr.LimitTimeSecond, Burst: uint32(max(most.Packets/4, minBurst)),
			}}, drop()))
		}
		if most.Bytes > 0 {
			rules = append(rules, rule([]expr.Any{&expr.Limit{
				Type: expr.LimitTypePktBytes, Rate: most.Bytes, Over: true, Unit: expr.LimitTimeSecond, Burst: uint32(min(max(most.Bytes/4, minBytes), 1<<31)),
			}}, drop()))
		}
		if len(rules) == 0 {
			continue
		}
		name := fmt.Sprintf("%s-%d-%d", b.Tap, most.Packets, most.Bytes)
		l.add(in, iif(expr.CmpOpEq, b.Tap), l.guest(inChain+name, rules...))
		l.add(out, oif(expr.CmpOpEq, b.Tap), l.guest(outChain+name, rules...))
	}
}
