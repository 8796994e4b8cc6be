package listing

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/x/machine"
)

// DifferenceCode says how a machine's listing differs from the machine.
type DifferenceCode string

// How a listing can differ from its machine.
const (
	// NoNode: the node does not answer on this computer: url, reason.
	NoNode DifferenceCode = "NO_NODE"
	// OtherNode: another node answers at the API's port: url.
	OtherNode DifferenceCode = "OTHER_NODE"
	// OtherChain: the node is of another chain: listed, here.
	OtherChain DifferenceCode = "OTHER_CHAIN"
	// OtherAddresses: the node listens elsewhere than listed: listed, here.
	OtherAddresses DifferenceCode = "OTHER_ADDRESSES"
	// OtherIP: guests' ports are published at another address: listed, here.
	OtherIP DifferenceCode = "OTHER_IP"
	// OtherPorts: guests' ports are published in another range: listed, here.
	OtherPorts DifferenceCode = "OTHER_PORTS"
	// OtherPeer: another node answers at a listed address: address, peer_id.
	OtherPeer DifferenceCode = "OTHER_PEER"
	// Unmet: nobody answers at a listed address: address, reason.
	Unmet DifferenceCode = "UNREACHABLE"
	// Unmeasured: other facts differ from what the computer has: facts.
	Unmeasured DifferenceCode = "OTHER_FACTS"
)

// DifferenceCodes are all codes; programs that show them have a text for each.
var DifferenceCodes = []DifferenceCode{
	NoNode, OtherNode, OtherChain, OtherAddresses, OtherIP, OtherPorts, OtherPeer, Unmet, Unmeasured,
}

// Difference is one difference, with its parameters.
type Difference struct {
	Code   DifferenceCode    `json:"code"`
	Params map[string]string `json:"params,omitempty"`
}

// Compare returns how listed facts differ from here, the facts of a computer now.
func Compare(listed, here machine.Facts) []Difference {
	var all []Difference
	differ := func(code DifferenceCode, listed, here string) {
		if listed != here {
			all = append(all, Difference{code, map[string]string{"listed": listed, "here": here}})
		}
	}
	differ(OtherAddresses, join(listed.Multiaddrs), join(here.Multiaddrs))
	differ(OtherIP, listed.PublicIp, here.PublicIp)
	differ(OtherPorts, fmt.Sprintf("%d-%d", listed.PortFirst, listed.PortLast), fmt.Sprintf("%d-%d", here.PortFirst, here.PortLast))
	other := Unlike(listed, here)
	if !bytes.Equal(listed.InventoryHash, here.InventoryHash) {
		other = append(other, "inventory_hash")
	}
	if len(other) > 0 {
		all = append(all, Difference{Unmeasured, map[string]string{"facts": strings.Join(other, ", ")}})
	}
	return all
}

func join(addresses []string) string {
	return strings.Join(slices.Sorted(slices.Values(addresses)), ", ")
}

// Unlike returns which facts of the computer itself differ, by the chain's
// field names, sorted.
func Unlike(a, b machine.Facts) []string {
	var names []string
	for name, same := range map[string]bool{
		"slots":     slices.EqualFunc(a.Slots, b.Slots, func(a, b machine.Slot) bool { return a.String() == b.String() }),
		"cpu_model": a.CpuModel == b.CpuModel, "cpu_cores": a.CpuCores == b.CpuCores, "cpu_mhz": a.CpuMhz == b.CpuMhz,
		"memory_mib": a.MemoryMib == b.MemoryMib, "system_disk_gib": a.SystemDiskGib == b.SystemDiskGib,
		"data_disk_gib": a.DataDiskGib == b.DataDiskGib, "features": slices.Equal(a.Features, b.Features),
		"delivery": a.Delivery == b.Delivery,
	} {
		if !same {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Met is the result of dialing one listed address.
type Met struct {
	Address string
	// PeerID is who answered; "" for nobody, for Reason.
	PeerID, Reason string
}

// Judge returns what is wrong with listed addresses, where peerID should answer.
func Judge(met []Met, peerID string) []Difference {
	var all []Difference
	for _, m := range met {
		switch m.PeerID {
		case peerID:
		case "":
			all = append(all, Difference{Unmet, map[string]string{"address": m.Address, "reason": m.Reason}})
		default:
			all = append(all, Difference{OtherPeer, map[string]string{"address": m.Address, "peer_id": m.PeerID}})
		}
	}
	return all
}

// Refused returns the differences with which a renter would pay in vain. An
// address at which nobody answers counts only where reached is false: nothing
// reaches the machine.
func Refused(all []Difference, reached bool) []Difference {
	return slices.DeleteFunc(slices.Clone(all), func(d Difference) bool {
		return d.Code == Unmeasured || d.Code == Unmet && reached
	})
}
