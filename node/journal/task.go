package journal

import (
	"net/netip"
	"slices"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/notice"
	"github.com/dbc-network/dbc/vm"
)

// StepState is how far a step is.
type StepState string

// The states of a step. One that is begun may have happened or not: it is done
// again, or undone, after a crash.
const (
	StepWaiting StepState = ""
	StepBegun   StepState = "begun"
	StepDone    StepState = "done"
	StepFailed  StepState = "failed"
	StepUndoing StepState = "undoing"
	StepUndone  StepState = "undone"
)

// Step is one line of a task's step journal.
type Step struct {
	Name    string        `json:"name"`
	State   StepState     `json:"state,omitempty"`
	Started time.Time     `json:"started,omitzero"`
	Took    time.Duration `json:"took,omitempty"`
	// Reason of a failed step.
	Reason *notice.Reason `json:"reason,omitempty"`
}

// Port is a published port.
type Port struct {
	// Protocol is "tcp" or "udp".
	Protocol    string `json:"protocol"`
	Host, Guest uint16
}

// Reservation is what a task holds. Nobody else gets it until it is given back.
type Reservation struct {
	CPUs      int    `json:"cpus,omitempty"`
	MemoryMiB uint64 `json:"memory_mib,omitempty"`
	DiskGiB   uint64 `json:"disk_gib,omitempty"`
	// Slots are indexes into the machine's facts.
	Slots []uint32   `json:"slots,omitempty"`
	Ports []Port     `json:"ports,omitempty"`
	Addr  netip.Addr `json:"addr,omitzero"`
	// CPUSet are the host's CPUs that the VM is pinned to, the first ones now and
	// all while a change waits for its next start; empty where it is not pinned.
	CPUSet []int `json:"cpu_set,omitempty"`
	// PageKiB is the size of the huge pages that hold the memory; 0 for normal ones.
	PageKiB uint64 `json:"page_kib,omitempty"`
}

// Over is how a task's rental ended, once the chain said so.
type Over struct {
	At time.Time `json:"at"`
	// Refunded: out of the trial; its disks go at once.
	Refunded bool           `json:"refunded,omitempty"`
	Reason   *notice.Reason `json:"reason"`
}

// Task is one VM and all that the node knows of it.
type Task struct {
	ID      string          `json:"id"`
	RentID  uint64          `json:"rent_id"`
	Renter  string          `json:"renter"`
	Created time.Time       `json:"created"`
	Desc    string          `json:"desc,omitempty"`
	Status  lifecycle.State `json:"status"`
	// Reason says why where something failed or ended; nil where nothing is to say.
	// It is replaced, never changed in place.
	Reason *notice.Reason `json:"reason,omitempty"`
	// Warnings of the create, about what it asked for.
	Warnings []notice.Notice `json:"warnings,omitempty"`

	Image     string `json:"image"`
	CPUs      int    `json:"cpus"`
	MemoryMiB uint64 `json:"memory_mib"`
	GPUs      int    `json:"gpus"`
	SystemGiB uint64 `json:"system_gib"`
	// UEFI: the VM boots by UEFI, and its variables are among its disks.
	UEFI bool `json:"uefi,omitempty"`
	// Disks are the data disks, by name.
	Disks []Disk `json:"disks,omitempty"`

	Reserved Reservation `json:"reserved"`
	// Pending: CPUs or MemoryMiB were changed since the VM was last started.
	Pending bool       `json:"pending,omitempty"`
	Ports   []Port     `json:"ports"`
	Addr    netip.Addr `json:"addr"`
	UUID    vm.UUID    `json:"uuid"`
	Domain  string     `json:"domain"`
	MAC     string     `json:"mac"`
	Tap     string     `json:"tap"`

	User           string   `json:"user"`
	AuthorizedKeys []string `json:"authorized_keys,omitempty"`
	// Password is "" where an SSH key was given.
	Password     Secret `json:"password,omitempty"`
	PasswordHash Secret `json:"password_hash,omitempty"`
	// HostKey is the ed25519 seed of the guest's SSH host key in hex.
	HostKey       Secret `json:"host_key"`
	HostKeyPublic string `json:"host_key_public"`

	// Consent is the renter's signed request that gave this VM kept disks; nil for
	// new disks.
	Consent *auth.Proof `json:"consent,omitempty"`

	Steps []Step `json:"steps"`

	// RentStart and RentEnd are the rental's, as last heard from the chain.
	RentStart time.Time `json:"rent_start"`
	RentEnd   time.Time `json:"rent_end"`
	// ConfirmBy is the deadline of the rental's trial; zero once it is confirmed.
	ConfirmBy time.Time `json:"confirm_by,omitzero"`
	// Over is set once, when the chain said that the rental is over.
	Over *Over `json:"over,omitempty"`
	// StopAt: the guest was asked to shut down and is stopped hard then.
	StopAt time.Time `json:"stop_at,omitzero"`
	// KeepUntil: the disks of a closed task are deleted then.
	KeepUntil time.Time `json:"keep_until,omitzero"`
	// RestoreFrom is the task whose kept disks this one took over, and KeptUntil
	// what was promised for them; "" and zero without.
	RestoreFrom string    `json:"restore_from,omitempty"`
	KeptUntil   time.Time `json:"kept_until,omitzero"`
	// DisksFrom is the task after which the folder of the disks is named; "" is this one.
	DisksFrom string `json:"disks_from,omitempty"`
	// RestoredBy is the task that has the disks now; this one is hidden then.
	RestoredBy string `json:"restored_by,omitempty"`
	// GiveBack: the disks return to RestoreFrom instead of being deleted.
	GiveBack bool `json:"give_back,omitempty"`
	// Evictable: the listing said at the create that kept disks make room for new VMs.
	Evictable bool `json:"evictable,omitempty"`
	// Paused: it stands still, because the node stopped it while the chain is
	// silent, or its emulator where a disk of the host takes no more data.
	Paused bool `json:"paused,omitempty"`
	// Restarts counts starts after losses, since the task last ran well.
	Restarts int       `json:"restarts,omitempty"`
	RetryAt  time.Time `json:"retry_at,omitzero"`
}

// Clone is a copy that shares nothing that is changed in place.
func (t Task) Clone() Task {
	t.Steps = slices.Clone(t.Steps)
	t.Reserved.Slots = slices.Clone(t.Reserved.Slots)
	t.Reserved.Ports = slices.Clone(t.Reserved.Ports)
	t.Reserved.CPUSet = slices.Clone(t.Reserved.CPUSet)
	t.Ports = slices.Clone(t.Ports)
	t.Disks = slices.Clone(t.Disks)
	if t.Over != nil {
		over := *t.Over
		t.Over = &over
	}
	return t
}
