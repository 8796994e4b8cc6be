package journal

import (
	"slices"

	"github.com/dbc-network/dbc/vm"
)

// Identity is what makes a VM the same one to its renter, its guest and the
// guest's software. It is made once, stored, and inherited whole where a later
// task continues with the VM's disks.
type Identity struct {
	// ID is the task that made the VM.
	ID   string  `json:"id"`
	UUID vm.UUID `json:"uuid"`
	// InstanceID tells the guest whether it was already set up: one that sees another id
	// sets itself up afresh. "" where it is not known which id the guest was set up with.
	InstanceID string `json:"instance_id"`
	Hostname   string `json:"hostname"`
	Cards      []Card `json:"cards"`
	// HostKey is the ed25519 seed of the guest's SSH host key in hex.
	HostKey       Secret `json:"host_key"`
	HostKeyPublic string `json:"host_key_public"`
}

// Card is a network card; Tap is its other end on the host.
type Card struct {
	MAC string `json:"mac"`
	Tap string `json:"tap"`
}

// Clone returns a copy that shares nothing.
func (i Identity) Clone() Identity {
	i.Cards = slices.Clone(i.Cards)
	return i
}

// Card returns the VM's card in the guests' network; it has one today.
func (t Task) Card() Card {
	if len(t.Identity.Cards) == 0 {
		return Card{}
	}
	return t.Identity.Cards[0]
}
