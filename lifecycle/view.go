package lifecycle

// Standing is what the chain says of a VM's rental.
type Standing uint8

const (
	// InDoubt means: the chain is not believed, or has not said yet how the rental ended.
	InDoubt Standing = iota
	// Open means: the rental is in its trial or active.
	Open
	// Over means: the chain has said that the rental is over.
	Over
)

// Guest is what the hypervisor says of a VM.
type Guest uint8

const (
	// Absent means: there is no such domain.
	Absent Guest = iota
	// Off means: the domain does not run, and not because its guest wished so.
	Off
	// OffByGuest means: the guest powered itself off.
	OffByGuest
	// Paused means: it is in memory and its CPUs stand still.
	Paused
	// Stopping means: it is going off.
	Stopping
	// Up means: it runs.
	Up
)

// isUp: its emulator is there and holds memory.
func (g Guest) isUp() bool { return g >= Paused }

// View is all that the next action depends on.
type View struct {
	State State
	// DiskChanging: a change of a data disk is to be done.
	DiskChanging bool
	// Lent: another VM has its disks.
	Lent bool

	Standing Standing
	// Doubt: the chain is not believed now. What it said of an end before still
	// stops a VM, but no data is deleted by it.
	Doubt bool
	// Refunded: the rental ended out of its trial.
	Refunded bool
	// EndPassed: the last known end of the rental is past; GracePassed: the time
	// too for which a VM outlives it while the chain is in doubt.
	EndPassed, GracePassed bool
	// Kept: only the disks are left, for a time; KeepPassed: that time is past.
	Kept, KeepPassed bool

	Guest Guest
	// NotedPaused: the VM is written down as standing still.
	NotedPaused bool
	// Pressed: the guest was asked to power off; MinutePassed: and its time is past.
	Pressed, MinutePassed bool
	// Retried: starting it again failed before; MayRetry: it is time to try again.
	Retried, MayRetry bool
}

// lost: the VM ended by itself, and did not start again when it was last tried.
func (v View) lost() bool { return v.State == StartError && v.Retried && !v.Guest.isUp() && v.MayRetry }

// still: the renter's VM is in memory and does not run. Whoever stopped it, the
// node, its emulator or somebody's virsh, the rental says that it runs.
func (v View) still() bool { return v.State == Running && v.Guest == Paused && v.MayRetry }

// gone: a VM that is to run does not, nobody wished so, and it is time to try again.
func (v View) gone() bool {
	return v.State == Running && !v.Guest.isUp() && v.Guest != OffByGuest && v.MayRetry
}
