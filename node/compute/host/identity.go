package host

import (
	"crypto/rand"

	"github.com/btcsuite/btcd/btcutil/base58"

	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests/names"
)

// newTaskID returns 128 random bits in at most 22 letters and digits.
func newTaskID() string {
	var b [16]byte
	for {
		_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
		if id := base58.Encode(b[:]); len(id) >= 20 && len(id) <= 22 {
			return id
		}
	}
}

// identify names a new VM, and its domain and folder.
func identify(b names.Binding, t *journal.Task) {
	id := b.VM(t.Rental.ID, t.ID)
	t.Domain, t.Disks.Folder = id.Domain, t.ID
	t.Identity.ID, t.Identity.UUID, t.Identity.InstanceID, t.Identity.Hostname = t.ID, id.UUID, string(id.UUID), id.Hostname
	t.Identity.Cards = []journal.Card{{MAC: id.MAC.String(), Tap: id.Tap}}
}
