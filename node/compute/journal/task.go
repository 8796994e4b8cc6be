package journal

import (
	"net/netip"
	"slices"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/lifecycle"
)

// StepState is how far a step has come.
type StepState string

// The states of a step. One that has begun may or may not have happened: after
// a crash it is done again, or undone.
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
	// Reason says why a step failed.
	Reason *notice.Reason `json:"reason,omitempty"`
}

// Reservation is what a task holds. Nobody else gets it until it is released.
type Reservation struct {
	CPUs      int    `json:"cpus,omitempty"`
	MemoryMiB uint64 `json:"memory_mib,omitempty"`
	DiskGiB   uint64 `json:"disk_gib,omitempty"`
	// Slots are indexes into the machine's facts.
	Slots []uint32 `json:"slots,omitempty"`
	// Cards are the gpus.toml numbers of the slots of kind GPU: what the VM is defined
	// with.
	Cards []uint32   `json:"cards,omitempty"`
	Ports []Port     `json:"ports,omitempty"`
	Addr  netip.Addr `json:"addr,omitzero"`
	// CPUSet are the host's CPUs that the VM is pinned to: the first ones now, and all
	// while a change waits for its next start. It is empty where the VM is not pinned.
	CPUSet []int `json:"cpu_set,omitempty"`
	// PageKiB is the size of the huge pages that hold the memory; 0 for normal ones.
	PageKiB uint64 `json:"page_kib,omitempty"`
}

// Over is how a task's rental ended, once the chain has said so.
type Over struct {
	At time.Time `json:"at"`
	// End is the rental's end as the chain has it: a renter may have renewed or left
	// while the node did not hear the chain. It is zero where that is not known.
	End time.Time `json:"end,omitzero"`
	// Refunded is set for a trial that ended; its disks are deleted at once.
	Refunded bool           `json:"refunded,omitempty"`
	Reason   *notice.Reason `json:"reason"`
}

// Task is one VM of a rental, and all that the node knows about it.
type Task struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Desc    string    `json:"desc,omitempty"`
	// Domain is the hypervisor's name for the VM. It contains the rental, so a
	// restored VM has another one.
	Domain string `json:"domain"`
	// Asked is a digest of what the renter asked for with this id; "" where that was
	// not recorded.
	Asked string `json:"asked,omitempty"`
	// Warnings are those of the create, about what it asked for.
	Warnings []notice.Notice `json:"warnings,omitempty"`

	Rental   Rental      `json:"rental"`
	Identity Identity    `json:"identity"`
	Login    Login       `json:"login"`
	Wanted   Wanted      `json:"wanted"`
	Disks    Disks       `json:"disks"`
	Network  Network     `json:"network"`
	Reserved Reservation `json:"reserved"`
	Progress Progress    `json:"progress"`
	Restored Restored    `json:"restored,omitzero"`
	Keep     Keep        `json:"keep,omitzero"`
}

// Rental is a task's rental, as last read from the chain.
type Rental struct {
	ID     uint64    `json:"id"`
	Renter string    `json:"renter"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	// ConfirmBy is the deadline of its trial; zero once it is confirmed.
	ConfirmBy time.Time `json:"confirm_by,omitzero"`
	// Over is set once, when the chain says that the rental is over.
	Over *Over `json:"over,omitempty"`
}

// Login is how the renter logs in.
type Login struct {
	User           string   `json:"user"`
	AuthorizedKeys []string `json:"authorized_keys,omitempty"`
	// Password is "" where an SSH key was given.
	Password     Secret `json:"password,omitempty"`
	PasswordHash Secret `json:"password_hash,omitempty"`
}

// Wanted is what the renter ordered of CPUs, memory and GPUs.
type Wanted struct {
	CPUs      int    `json:"cpus"`
	MemoryMiB uint64 `json:"memory_mib"`
	GPUs      int    `json:"gpus"`
	// Pending is set when CPUs or MemoryMiB were changed since the VM was last started.
	Pending bool `json:"pending,omitempty"`
}

// Network is how the VM is reached.
type Network struct {
	Addr  netip.Addr `json:"addr"`
	Ports []Port     `json:"ports"`
}

// Progress is the state of the task.
type Progress struct {
	State lifecycle.State `json:"state"`
	// Reason says why something failed or ended; nil where there is nothing to say.
	// It is replaced, never changed in place.
	Reason *notice.Reason `json:"reason,omitempty"`
	Steps  []Step         `json:"steps"`
	// StopAt is when a guest that was asked to shut down is forced off.
	StopAt time.Time `json:"stop_at,omitzero"`
	// Paused is set while the VM stands still because the node paused it while the chain
	// is silent, or its emulator because a disk of the host takes no more data.
	Paused bool `json:"paused,omitempty"`
	// Restarts counts starts after losses, since the task last ran well.
	Restarts int       `json:"restarts,omitempty"`
	RetryAt  time.Time `json:"retry_at,omitzero"`
}

// Restored says which task's kept disks a task has; zero for new ones.
type Restored struct {
	// From is the task that kept them, and Until how long it was promised they are kept.
	From  string    `json:"from,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// Consent is the renter's signed request that gave this VM the disks.
	Consent *auth.Proof `json:"consent,omitempty"`
	// GiveBack is set when the disks return to From instead of being deleted.
	GiveBack bool `json:"give_back,omitempty"`
}

// Keep is how long a task's disks outlive its rental.
type Keep struct {
	// Until is when the disks of a closed task are deleted; zero while it is not over.
	Until time.Time `json:"until,omitzero"`
	// Evictable is set if the listing said at the create that kept disks make room for new
	// VMs.
	Evictable bool `json:"evictable,omitempty"`
	// Rename is set if a VM that continues with the disks is not this one any more. A
	// build of schema 0 may have given their last VM another identity than this task's.
	Rename bool `json:"rename,omitempty"`
	// LentTo is the task that has the disks now; this one is hidden then.
	LentTo string `json:"lent_to,omitempty"`
}

// Clone returns a copy that shares nothing that is changed in place.
func (t Task) Clone() Task {
	t.Identity, t.Disks = t.Identity.Clone(), t.Disks.Clone()
	t.Progress.Steps = slices.Clone(t.Progress.Steps)
	t.Reserved.Slots = slices.Clone(t.Reserved.Slots)
	t.Reserved.Cards = slices.Clone(t.Reserved.Cards)
	t.Reserved.Ports = slices.Clone(t.Reserved.Ports)
	t.Reserved.CPUSet = slices.Clone(t.Reserved.CPUSet)
	t.Network.Ports = slices.Clone(t.Network.Ports)
	if t.Rental.Over != nil {
		over := *t.Rental.Over
		t.Rental.Over = &over
	}
	return t
}
