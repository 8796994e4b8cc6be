// Package record is the helper's own memory of whose disks are whose: one file
// for each VM's folder, which only root can write. The process that faces the
// network can add to it, by making a VM, and can't change what is in it.
package record

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/dbc-network/dbc/vm"
)

// Record is one folder with all that belongs to it.
type Record struct {
	// Schema is the form of the record, which write fills in.
	Schema int `json:"schema"`
	// Folder is the task id that the disks were made for.
	Folder string `json:"folder"`
	// Wallet is the renter's. It was named when the disks were made and never changes.
	Wallet string `json:"wallet"`
	// Image and GiB are the system disk's.
	Image string `json:"image"`
	GiB   uint64 `json:"gib"`
	// Firmware is what the disks' VM boots by; "" in records of before it was recorded.
	Firmware vm.Firmware `json:"firmware,omitempty"`
	// Disks are the data disks that were made.
	Disks []string `json:"disks,omitempty"`
	// VM is what the disks make of whoever has them. It stays when they change hands.
	VM VM `json:"vm"`
	// Holder is the task that has the disks; Earlier are the tasks that had them before.
	Holder  Holder   `json:"holder"`
	Earlier []string `json:"earlier,omitempty"`
	// Proofs are the digests of the requests by which a task took the disks over,
	// by task id: each counts once.
	Proofs map[string]string `json:"proofs,omitempty"`
	// Removing: the folder is being deleted, and nothing else is done with it.
	Removing bool `json:"removing,omitempty"`
}

// VM is the identity of a virtual machine.
type VM struct {
	UUID vm.UUID `json:"uuid"`
	// Instance is the instance id of the seed that was last written.
	Instance string `json:"instance"`
	Hostname string `json:"hostname"`
	MAC      string `json:"mac"`
	Tap      string `json:"tap"`
}

// Holder is a task with its rental.
type Holder struct {
	TaskID string `json:"task_id"`
	RentID uint64 `json:"rent_id"`
	// Addr is the guest's address; the zero Addr before its seed is written.
	Addr netip.Addr `json:"addr,omitzero"`
	// Seed is the digest of the identity and logins in the seed, "" before it is
	// first written. It never changes for a holder.
	Seed string `json:"seed,omitempty"`
	// Signed says that the renter's request fixed the login keys, which are Keys.
	Signed bool     `json:"signed,omitempty"`
	Keys   []string `json:"keys,omitempty"`
}

// HeldBy reports whether the task has or had the disks.
func (r Record) HeldBy(taskID string) bool {
	return r.Holder.TaskID == taskID || slices.Contains(r.Earlier, taskID)
}

// HasDisk reports whether a data disk of that name was made.
func (r Record) HasDisk(name string) bool { return slices.Contains(r.Disks, name) }

// clone lets a change that fails leave no trace.
func (r Record) clone() Record {
	r.Disks, r.Earlier, r.Holder.Keys = slices.Clone(r.Disks), slices.Clone(r.Earlier), slices.Clone(r.Holder.Keys)
	r.Proofs = maps.Clone(r.Proofs)
	return r
}
