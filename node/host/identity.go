package host

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/cosmos/btcutil/base58"

	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/network"
	"github.com/dbc-network/dbc/vm"
)

// Everything that names a VM on the host is derived from what it is bound to:
// making it again names it the same, and another chain's VM can't have its name.

// newTaskID is 128 random bits in 22 letters and digits at most.
func newTaskID() string {
	var b [16]byte
	for {
		_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
		if id := base58.Encode(b[:]); len(id) >= 20 && len(id) <= 22 {
			return id
		}
	}
}

func digest(b journal.Binding, parts ...string) [32]byte {
	text := append([]string{"dbc-domain-v1", b.ChainID, b.GenesisHash, b.MachineID}, parts...)
	return sha256.Sum256([]byte(strings.Join(text, "\n")))
}

// Identity names a VM on the host and to itself.
type Identity struct {
	UUID vm.UUID
	// Domain is libvirt's name for it, Hostname its own.
	Domain, Hostname string
	MAC              net.HardwareAddr
	Tap              string
}

// Identify returns the identity of a task's VM.
func Identify(b journal.Binding, rentID uint64, taskID string) Identity {
	sum := digest(b, strconv.FormatUint(rentID, 10), taskID)
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x80 // version 8: made by a rule of ours, RFC 9562
	id[8] = id[8]&0x3f | 0x80
	x := hex.EncodeToString(id)
	return Identity{
		UUID:     vm.UUID(x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]),
		Domain:   DomainPrefix(b) + strconv.FormatUint(rentID, 10) + "-" + hex.EncodeToString(sum[16:22]),
		Hostname: "dbc-" + x[:8],
		// Locally administered, unicast.
		MAC: net.HardwareAddr{0x02, sum[22], sum[23], sum[24], sum[25], sum[26]},
		Tap: network.TapPrefix + hex.EncodeToString(sum[27:32]),
	}
}

// identify fills in the names of a task's domain and card.
func identify(b journal.Binding, t *journal.Task) {
	id := Identify(b, t.RentID, t.ID)
	t.UUID, t.Domain, t.MAC, t.Tap = id.UUID, id.Domain, id.MAC.String(), id.Tap
}

// DomainPrefix tells this node's domains from those of other chains.
func DomainPrefix(b journal.Binding) string {
	sum := digest(b)
	return fmt.Sprintf("dbc-%x-", sum[:4])
}

// rentOf is the rental in a domain's name; ok is false for a domain that is not
// this node's.
func rentOf(b journal.Binding, domain string) (id uint64, ok bool) {
	rest, ours := strings.CutPrefix(domain, DomainPrefix(b))
	number, _, found := strings.Cut(rest, "-")
	if !ours || !found {
		return 0, false
	}
	id, err := strconv.ParseUint(number, 10, 64)
	return id, err == nil
}

// Bridge is the name of a machine's bridge.
func Bridge(b journal.Binding) string {
	sum := digest(b, "bridge")
	return "dbc" + hex.EncodeToString(sum[:4])
}
