package network

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/node/guests/names"
)

// chunk is the number of set elements per message: a netlink attribute holds 64
// KiB.
const chunk = 512

// ruleset writes this network's two tables in one transaction.
type ruleset struct {
	conn     *nftables.Conn
	config   Config
	bindings []Binding
	blocked  []span
	table    *nftables.Table
	failed   error
}

func (c Config) tableName() string { return "dbc-" + c.Bridge }

// ipTable is inet rather than ip so that the same rules drop IPv6.
func (c Config) ipTable() *nftables.Table {
	return &nftables.Table{Name: c.tableName(), Family: nftables.TableFamilyINet}
}

func (c Config) linkTable() *nftables.Table {
	return &nftables.Table{Name: c.tableName(), Family: nftables.TableFamilyBridge}
}

// write replaces both tables. Adding them first makes it no error to delete one
// that does not exist, and everything happens atomically.
func (r *ruleset) write() error {
	r.fresh(r.config.ipTable())
	r.input()
	r.forward()
	r.nat()
	r.fresh(r.config.linkTable())
	r.ports()
	return r.failed
}

func (r *ruleset) fresh(table *nftables.Table) {
	r.conn.AddTable(table)
	r.conn.DelTable(table)
	r.table = r.conn.AddTable(table)
}

func (r *ruleset) base(name string, kind nftables.ChainType, hook *nftables.ChainHook, prio nftables.ChainPriority) *nftables.Chain {
	return r.conn.AddChain(&nftables.Chain{
		Name: name, Table: r.table, Type: kind, Hooknum: hook, Priority: &prio,
	})
}

func (r *ruleset) chain(name string) *nftables.Chain {
	return r.conn.AddChain(&nftables.Chain{Name: name, Table: r.table})
}

func (r *ruleset) add(chain *nftables.Chain, parts ...[]expr.Any) {
	r.conn.AddRule(&nftables.Rule{Table: r.table, Chain: chain, Exprs: rule(parts...)})
}

func (r *ruleset) set(set nftables.Set, elements []nftables.SetElement) *nftables.Set {
	set.Table = r.table
	err := r.conn.AddSet(&set, nil)
	for start := 0; err == nil && start < len(elements); start += chunk {
		err = r.conn.SetAddElements(&set, elements[start:min(start+chunk, len(elements))])
	}
	if err != nil && r.failed == nil {
		r.failed = fmt.Errorf("write set %s: %w", set.Name, err)
	}
	return &set
}

// input drops packets from guests to the computer, except replies.
func (r *ruleset) input() {
	in := r.base("input", nftables.ChainTypeFilter, nftables.ChainHookInput, *nftables.ChainPriorityFilter)
	// What arrives through a guest's own port bypassed the bridge; see seeAll.
	taps := r.set(nftables.Set{Name: "taps", KeyType: nftables.TypeIFName}, r.tapElements())
	r.add(in, inSet(taps, &expr.Meta{Key: expr.MetaKeyIIFNAME, Register: reg}), drop())
	r.add(in, iif(expr.CmpOpNeq, r.config.Bridge), accept())
	r.add(in, family(expr.CmpOpEq, unix.NFPROTO_IPV4), isReply(), accept())
	r.add(in, drop())
}

// forward permits replies first, since clients of published ports may well have
// private addresses, and then drops, in connections that a guest opened, all
// packets to forbidden destinations. Each packet is checked anew, so removing a
// rule also ends the connections that it permitted.
func (r *ruleset) forward() {
	guests := r.set(nftables.Set{Name: "guests", KeyType: nftables.TypeIPAddr}, r.guestElements())
	open := r.set(nftables.Set{
		Name: "open", Concatenation: true,
		KeyType: nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeInetProto, nftables.TypeInetService),
	}, r.openElements())
	blocked := r.set(nftables.Set{Name: "blocked", KeyType: nftables.TypeIPAddr, Interval: true}, r.blockedElements())

	source := load(expr.PayloadBaseNetworkHeader, ipSource, 4, reg)
	dest := load(expr.PayloadBaseNetworkHeader, ipDest, 4, reg)

	from := r.chain("from-guests")
	r.add(from, family(expr.CmpOpNeq, unix.NFPROTO_IPV4), drop())
	r.add(from, oif(expr.CmpOpEq, r.config.Bridge), drop())
	r.add(from, notInSet(guests, source), drop())
	r.add(from, ctState(expr.CtStateBitINVALID|expr.CtStateBitUNTRACKED), drop())
	r.add(from, isReply(), accept())
	// What somebody else's table redirected was sent to an address of the
	// computer.
	r.add(from, ctBits(expr.CtKeySTATUS, statusDNAT), drop())
	r.add(from, inSet(blocked, dest), drop())
	r.add(from, []expr.Any{
		&expr.Fib{Register: reg, FlagDADDR: true, ResultADDRTYPE: true},
		compare(expr.CmpOpNeq, binary.NativeEndian.AppendUint32(nil, unix.RTN_UNICAST)),
	}, drop())
	r.add(from, accept())

	to := r.chain("to-guests")
	r.add(to, family(expr.CmpOpNeq, unix.NFPROTO_IPV4), drop())
	r.add(to, notInSet(guests, dest), drop())
	r.add(to, isReply(), accept())
	r.add(to, ctState(expr.CtStateBitRELATED), accept())
	r.sources(to)
	r.add(to, ctDirection(ctOriginal), ctBits(expr.CtKeySTATUS, statusDNAT), inSet(open,
		load(expr.PayloadBaseNetworkHeader, ipDest, 4, reg),
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: reg + 1},
		load(expr.PayloadBaseTransportHeader, portDest, 2, reg+2)), accept())
	r.add(to, drop())

	fwd := r.base("forward", nftables.ChainTypeFilter, nftables.ChainHookForward, *nftables.ChainPriorityFilter)
	r.add(fwd, iif(expr.CmpOpEq, r.config.Bridge), jump(from.Name))
	r.add(fwd, oif(expr.CmpOpEq, r.config.Bridge), jump(to.Name))
}

// sources leads what was sent to a port with sources to a chain of its guest, which drops
// what others send. The host's port decides, for one without sources may lead to the same
// port of the guest.
func (r *ruleset) sources(to *nftables.Chain) {
	for _, b := range r.bindings {
		if !slices.ContainsFunc(b.Ports, func(p Port) bool { return len(p.Sources) > 0 }) {
			continue
		}
		own := r.chain("from-sources-" + b.Tap)
		for _, p := range b.Ports {
			door := rule([]expr.Any{
				&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: reg}, compare(expr.CmpOpEq, []byte{protocolNumber(p.Protocol)}),
				&expr.Ct{Key: expr.CtKeyPROTODST, Direction: ctOriginal, Register: reg},
				compare(expr.CmpOpEq, binary.BigEndian.AppendUint16(nil, p.Host)),
			})
			for _, source := range p.Sources {
				r.add(own, door, sourceIn(source), accept())
			}
			if len(p.Sources) > 0 {
				r.add(own, door, drop())
			}
		}
		r.add(to, ctDirection(ctOriginal), ctBits(expr.CtKeySTATUS, statusDNAT), []expr.Any{
			load(expr.PayloadBaseNetworkHeader, ipDest, 4, reg), compare(expr.CmpOpEq, b.Addr.AsSlice()),
		}, jump(own.Name))
	}
}

// nat forwards published ports to guests and hides guests behind the computer's
// address.
func (r *ruleset) nat() {
	published := r.set(nftables.Set{
		Name: "published", IsMap: true, Concatenation: true,
		KeyType:  nftables.MustConcatSetType(nftables.TypeInetProto, nftables.TypeInetService),
		DataType: nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeInetService),
	}, r.publishedElements())
	lead := []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: reg},
		load(expr.PayloadBaseTransportHeader, portDest, 2, reg+1),
		&expr.Lookup{SourceRegister: reg, DestRegister: reg, IsDestRegSet: true, SetName: published.Name, SetID: published.ID},
		&expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: reg, RegProtoMin: reg + 1, Specified: true},
	}
	if !r.config.Published.IsLoopback() {
		pre := r.base("prerouting", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, *nftables.ChainPriorityNATDest)
		r.add(pre, iif(expr.CmpOpNeq, r.config.Bridge), r.toPublished(), lead)
	}
	out := r.base("output", nftables.ChainTypeNAT, nftables.ChainHookOutput, *nftables.ChainPriorityNATDest)
	r.add(out, r.toPublished(), lead)

	post := r.base("postrouting", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, *nftables.ChainPriorityNATSource)
	// A guest cannot reply to 127.0.0.1, so it replies to the gateway instead.
	r.add(post, oif(expr.CmpOpEq, r.config.Bridge), sourceIn(netip.MustParsePrefix("127.0.0.0/8")), []expr.Any{&expr.Masq{}})
	// Not what the computer sends from the bridge's own address, such as to
	// itself.
	r.add(post, oif(expr.CmpOpNeq, r.config.Bridge), sourceIn(r.config.CIDR), []expr.Any{
		load(expr.PayloadBaseNetworkHeader, ipSource, 4, reg),
		compare(expr.CmpOpNeq, r.config.Gateway().Addr().AsSlice()),
		&expr.Masq{},
	})
}

func (r *ruleset) toPublished() []expr.Any {
	v4 := family(expr.CmpOpEq, unix.NFPROTO_IPV4)
	if r.config.Published.IsUnspecified() {
		return rule(v4, []expr.Any{
			&expr.Fib{Register: reg, FlagDADDR: true, ResultADDRTYPE: true},
			compare(expr.CmpOpEq, binary.NativeEndian.AppendUint32(nil, unix.RTN_LOCAL)),
		})
	}
	return rule(v4, []expr.Any{
		load(expr.PayloadBaseNetworkHeader, ipDest, 4, reg),
		compare(expr.CmpOpEq, r.config.Published.AsSlice()),
	})
}

func sourceIn(p netip.Prefix) []expr.Any {
	mask := binary.BigEndian.AppendUint32(nil, ^uint32(1<<(32-p.Bits())-1)) // of /0 it is 0
	return rule(family(expr.CmpOpEq, unix.NFPROTO_IPV4), []expr.Any{
		load(expr.PayloadBaseNetworkHeader, ipSource, 4, reg),
		&expr.Bitwise{SourceRegister: reg, DestRegister: reg, Len: 4, Mask: mask, Xor: make([]byte, 4)},
		compare(expr.CmpOpEq, p.Addr().AsSlice()),
	})
}

// ports binds each port of the bridge to its guest's addresses, below IP, and
// prevents ports from talking to each other.
func (r *ruleset) ports() {
	taps := r.set(nftables.Set{Name: "taps", KeyType: nftables.TypeIFName}, r.tapElements())
	bound := r.set(nftables.Set{
		Name: "bound", Concatenation: true,
		KeyType: nftables.MustConcatSetType(nftables.TypeIFName, nftables.TypeEtherAddr, nftables.TypeIPAddr),
	}, r.boundElements())

	in := &expr.Meta{Key: expr.MetaKeyIIFNAME, Register: reg}
	out := &expr.Meta{Key: expr.MetaKeyOIFNAME, Register: reg}
	mac := load(expr.PayloadBaseLLHeader, etherSource, 6, reg+4)
	const addr = reg + 6

	pre := r.base("prerouting", nftables.ChainTypeFilter, nftables.ChainHookPrerouting, bridgeFirst)
	r.add(pre, notInSet(taps, in), accept())
	r.add(pre, isEther(unix.ETH_P_IP), inSet(bound, in, mac,
		load(expr.PayloadBaseNetworkHeader, ipSource, 4, addr)), accept())
	r.add(pre, isEther(unix.ETH_P_ARP), inSet(bound, in, mac,
		load(expr.PayloadBaseNetworkHeader, arpSenderIP, 4, addr)), inSet(bound, in,
		load(expr.PayloadBaseNetworkHeader, arpSenderMAC, 6, reg+4),
		load(expr.PayloadBaseNetworkHeader, arpSenderIP, 4, addr)), accept())
	r.add(pre, drop())

	// What no bridge forwards is received from the guest's own port; see
	// seeAll.
	taken := r.base("input", nftables.ChainTypeFilter, nftables.ChainHookInput, bridgeFirst)
	group := []expr.Any{load(expr.PayloadBaseLLHeader, etherDest, 5, reg), compare(expr.CmpOpEq, []byte{1, 0x80, 0xc2, 0, 0})}
	r.add(taken, group, inSet(taps, in), drop())
	r.add(taken, group, iifBegins(names.TapPrefix), drop()) // a guest's, bound or not

	fwd := r.base("forward", nftables.ChainTypeFilter, nftables.ChainHookForward, bridgeFirst)
	r.add(fwd, inSet(taps, in), drop())
	r.add(fwd, inSet(taps, out), drop())

	host := r.base("output", nftables.ChainTypeFilter, nftables.ChainHookOutput, bridgeFirst)
	r.add(host, notInSet(taps, out), accept())
	// The bridge floods to all ports what is sent to an unknown card.
	r.add(host, isEther(unix.ETH_P_IP), inSet(bound, out,
		load(expr.PayloadBaseLLHeader, etherDest, 6, reg+4),
		load(expr.PayloadBaseNetworkHeader, ipDest, 4, addr)), accept())
	r.add(host, isEther(unix.ETH_P_ARP), accept())
	r.add(host, drop())
}

// bridgeFirst is close to NF_BR_PRI_FIRST: before ebtables (-300).
const bridgeFirst nftables.ChainPriority = -310
