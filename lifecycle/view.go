package lifecycle

// Standing is what the chain says about a VM's rental.
type Standing uint8

const (
	// InDoubt means that the node does not trust the chain, or that the chain
	// has not said yet how the rental ended.
	InDoubt Standing = iota
	// Open means that the rental is in its trial or active.
	Open
	// Over means that the chain has reported the end of the rental.
	Over
)

// Guest is what the hypervisor reports about a VM.
type Guest uint8

const (
	// Absent means that the domain does not exist.
	Absent Guest = iota
	// Off means that the domain is not running, and that its guest did not
	// cause it.
	Off
	// OffByGuest means that the guest powered itself off.
	OffByGuest
	// Paused means that the VM is in memory with its CPUs stopped.
	Paused
	// Stopping means that the VM is shutting down.
	Stopping
	// Up means that the VM is running.
	Up
)

// isUp reports whether the emulator exists and holds memory.
func (g Guest) isUp() bool { return g >= Paused }

// View is everything that the next action depends on.
type View struct {
	State State
	// DiskChanging reports that a change of a data disk is pending.
	DiskChanging bool
	// Lent reports that another VM uses its disks.
	Lent bool

	Standing Standing
	// Doubt reports that the node does not trust the chain now. An end that the
	// chain reported earlier still stops a VM, but no data is deleted.
	Doubt bool
	// Refunded reports that the rental ended during its trial.
	Refunded bool
	// EndPassed reports that the last known end of the rental is past.
	// GracePassed reports the same for the time that a VM outlives its rental
	// while the chain is in doubt.
	EndPassed, GracePassed bool
	// Kept reports that only the disks are left, for a limited time. KeepPassed
	// reports that this time is past.
	Kept, KeepPassed bool

	Guest Guest
	// NotedPaused reports that the VM is recorded as paused.
	NotedPaused bool
	// Pressed reports that the guest was asked to power off. MinutePassed
	// reports that its time to do so is over.
	Pressed, MinutePassed bool
	// Retried reports that an earlier restart failed. MayRetry reports that it
	// is time to try again.
	Retried, MayRetry bool
}

// lost reports whether the VM ended by itself and failed to start again at the
// last attempt.
func (v View) lost() bool { return v.State == StartError && v.Retried && !v.Guest.isUp() && v.MayRetry }

// still reports whether a VM that should run is in memory but paused. It does
// not matter who paused it: the node, its emulator or someone with virsh.
func (v View) still() bool { return v.State == Running && v.Guest == Paused && v.MayRetry }

// gone reports whether a VM that should run does not, although nobody requested
// that, and it is time to try again.
func (v View) gone() bool {
	return v.State == Running && !v.Guest.isUp() && v.Guest != OffByGuest && v.MayRetry
}
