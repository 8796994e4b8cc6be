package network

import (
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// A rule is a list of expressions that are evaluated left to right until one
// does not match. These helpers resemble nft's own syntax.

// reg is the first of the kernel's sixteen four-byte registers, so that the
// parts of a concatenation are adjacent; NFT_REG32_00.
const reg = unix.NFT_REG32_00

// Offsets that rules read, in bytes.
const (
	etherDest    = 0
	etherSource  = 6
	etherType    = 12
	ipSource     = 12
	ipDest       = 16
	portDest     = 2
	arpSenderMAC = 8
	arpSenderIP  = 14
)

const (
	// ctOriginal and ctReply are directions of a connection, from
	// linux/netfilter/nf_conntrack_tuple_common.h.
	ctOriginal = 0
	ctReply    = 1
	// statusDNAT is IPS_DST_NAT of nf_conntrack_common.h: the destination was changed.
	statusDNAT = 1 << 5
)

func rule(parts ...[]expr.Any) []expr.Any { return slices.Concat(parts...) }

func accept() []expr.Any { return verdict(expr.VerdictAccept) }
func drop() []expr.Any   { return verdict(expr.VerdictDrop) }

func verdict(kind expr.VerdictKind) []expr.Any {
	return []expr.Any{&expr.Counter{}, &expr.Verdict{Kind: kind}}
}

func jump(chain string) []expr.Any {
	return []expr.Any{&expr.Verdict{Kind: expr.VerdictJump, Chain: chain}}
}

func compare(op expr.CmpOp, data []byte) expr.Any {
	return &expr.Cmp{Op: op, Register: reg, Data: data}
}

func linkName(name string) []byte {
	data := make([]byte, unix.IFNAMSIZ)
	copy(data, name)
	return data
}

func iif(op expr.CmpOp, name string) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: reg}, compare(op, linkName(name))}
}

func oif(op expr.CmpOp, name string) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyOIFNAME, Register: reg}, compare(op, linkName(name))}
}

// iifBegins matches an input interface by the prefix of its name.
func iifBegins(name string) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: reg}, compare(expr.CmpOpEq, []byte(name))}
}

func family(op expr.CmpOp, proto byte) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: reg}, compare(op, []byte{proto})}
}

func load(base expr.PayloadBase, offset, size, register uint32) expr.Any {
	return &expr.Payload{DestRegister: register, Base: base, Offset: offset, Len: size}
}

func isEther(kind uint16) []expr.Any {
	return []expr.Any{
		load(expr.PayloadBaseLLHeader, etherType, 2, reg),
		compare(expr.CmpOpEq, binaryutil.BigEndian.PutUint16(kind)),
	}
}

func inSet(set *nftables.Set, loads ...expr.Any) []expr.Any {
	return append(loads, &expr.Lookup{SourceRegister: reg, SetName: set.Name, SetID: set.ID})
}

func notInSet(set *nftables.Set, loads ...expr.Any) []expr.Any {
	return append(loads, &expr.Lookup{SourceRegister: reg, SetName: set.Name, SetID: set.ID, Invert: true})
}

func ctDirection(direction byte) []expr.Any {
	return []expr.Any{&expr.Ct{Key: expr.CtKeyDIRECTION, Register: reg}, compare(expr.CmpOpEq, []byte{direction})}
}

// ctBits matches if any of the bits is set.
func ctBits(key expr.CtKey, bits uint32) []expr.Any {
	zero := make([]byte, 4)
	return []expr.Any{
		&expr.Ct{Key: key, Register: reg},
		&expr.Bitwise{
			SourceRegister: reg, DestRegister: reg, Len: 4,
			Mask: binaryutil.NativeEndian.PutUint32(bits), Xor: zero,
		},
		compare(expr.CmpOpNeq, zero),
	}
}

func ctState(bits uint32) []expr.Any { return ctBits(expr.CtKeySTATE, bits) }

// isReply matches replies in a connection that the other side opened, and
// errors that belong to it.
func isReply() []expr.Any {
	return rule(ctDirection(ctReply), ctState(expr.CtStateBitESTABLISHED|expr.CtStateBitRELATED))
}

func protocolNumber(name string) byte {
	switch name {
	case "tcp":
		return unix.IPPROTO_TCP
	case "udp":
		return unix.IPPROTO_UDP
	}
	return 0
}
