// Package names derives everything that names a VM on its computer from what the
// computer's state is bound to: making a name again gives the same one, and a VM of
// another chain can't have it.
package names

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/vm"
)

// User is the login of every guest.
const User = "dbc"

// TapPrefix is the prefix of the names of guests' ports.
const TapPrefix = "dt"

// Binding is what everything that outlives a process belongs to.
type Binding struct {
	ChainID     string `json:"chain_id"`
	GenesisHash string `json:"genesis_hash"`
	MachineID   string `json:"machine_id"`
}

func (b Binding) digest(parts ...string) [32]byte {
	text := append([]string{"dbc-domain-v1", b.ChainID, b.GenesisHash, b.MachineID}, parts...)
	return sha256.Sum256([]byte(strings.Join(text, "\n")))
}

// VM names a VM on the host and to itself.
type VM struct {
	UUID vm.UUID
	// Domain is libvirt's name for it, Hostname its own.
	Domain, Hostname string
	MAC              net.HardwareAddr
	Tap              string
}

// VM returns the names of a task's VM.
func (b Binding) VM(rentID uint64, taskID string) VM {
	sum := b.digest(strconv.FormatUint(rentID, 10), taskID)
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x80 // version 8: made by a rule of ours, RFC 9562
	id[8] = id[8]&0x3f | 0x80
	x := hex.EncodeToString(id)
	return VM{
		UUID:     vm.UUID(x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]),
		Domain:   b.DomainPrefix() + strconv.FormatUint(rentID, 10) + "-" + hex.EncodeToString(sum[16:22]),
		Hostname: "dbc-" + x[:8],
		// Locally administered, unicast.
		MAC: net.HardwareAddr{0x02, sum[22], sum[23], sum[24], sum[25], sum[26]},
		Tap: TapPrefix + hex.EncodeToString(sum[27:32]),
	}
}

// DomainPrefix begins the names of this machine's domains.
func (b Binding) DomainPrefix() string {
	sum := b.digest()
	return fmt.Sprintf("dbc-%x-", sum[:4])
}

// Rental returns the rental in a domain's name; ok is false for a domain that is
// not this machine's.
func (b Binding) Rental(domain string) (id uint64, ok bool) {
	rest, ours := strings.CutPrefix(domain, b.DomainPrefix())
	number, _, found := strings.Cut(rest, "-")
	if !ours || !found {
		return 0, false
	}
	id, err := strconv.ParseUint(number, 10, 64)
	return id, err == nil
}

// Bridge returns the name of the machine's bridge.
func (b Binding) Bridge() string {
	sum := b.digest("bridge")
	return "dbc" + hex.EncodeToString(sum[:4])
}
