package notice

// Names of parameters that several codes have.
const (
	// Detail is an error's text in English; see Failed.
	Detail = "detail"
	// Disk is a data disk's name, such as vdb.
	Disk = "disk"
	// BiosMode is what the VM boots by: legacy, uefi or uefi_secure_boot.
	BiosMode = "bios_mode"
	// Seconds is a whole number of them.
	Seconds = "seconds"
	// Step is the step of a create that failed.
	Step = "step"
	// Cause is a code that says more.
	Cause = "cause"
	// GiB is a size.
	GiB = "gib"
	// Evictable is "true" where kept disks may go before their time.
	Evictable = "evictable"
)

// Reasons why a VM is as it is.
const (
	// RentalEnded: its rental is over.
	RentalEnded Code = "RENTAL_ENDED"
	// RentalRefunded: its rental was refunded.
	RentalRefunded Code = "RENTAL_REFUNDED"
	// RentalBroken: its rental was broken.
	RentalBroken Code = "RENTAL_BROKEN"
	// RentalForgotten: its rental ended so long ago that the chain has dropped it.
	RentalForgotten Code = "RENTAL_FORGOTTEN"
	// ShutDown: its renter had it shut down.
	ShutDown Code = "SHUT_DOWN"
	// PoweredOff: its renter had it powered off.
	PoweredOff Code = "POWERED_OFF"
	// StoppedHard: the guest did not shut down within so many seconds.
	StoppedHard Code = "STOPPED_HARD"
	// GuestOff: the guest shut itself down.
	GuestOff Code = "GUEST_OFF"
	// PausedChain: paused while the node cannot hear the chain and the last known
	// end is past.
	PausedChain Code = "PAUSED_CHAIN"
	// PausedDisk: paused while the host's disk takes no more data.
	PausedDisk Code = "PAUSED_DISK"
	// WaitsHypervisor: the hypervisor does not answer; the node tries again until
	// the rental is over.
	WaitsHypervisor Code = "WAITS_HYPERVISOR"
	// Evicted: kept disks made room for a new VM.
	Evicted Code = "EVICTED"
)

// Reasons why something failed. All have a detail.
const (
	// CreateFailed: a step of the create failed: step.
	CreateFailed Code = "CREATE_FAILED"
	// GuestSilent: the guest did not answer on SSH within so many seconds: bios_mode.
	GuestSilent Code = "GUEST_SILENT"
	// GuestDied: the guest went off before it answered: bios_mode.
	GuestDied Code = "GUEST_DIED"
	// HostFull: the host's disk had no room left: step.
	HostFull Code = "HOST_FULL"
	// CardRefused: the VM was not given the card of a slot: step, and as cause one
	// of package vm's codes of slots.
	CardRefused Code = "CARD_REFUSED"
	// RestartFailed: a VM that was lost could not be started; the node tries again.
	RestartFailed Code = "RESTART_FAILED"
	// StartFailed, StopFailed, RebootFailed and ResetFailed: what the renter asked
	// for failed.
	StartFailed  Code = "START_FAILED"
	StopFailed   Code = "STOP_FAILED"
	RebootFailed Code = "REBOOT_FAILED"
	ResetFailed  Code = "RESET_FAILED"
	// DiskAddFailed, DiskResizeFailed and DiskDeleteFailed: a change of a disk failed.
	DiskAddFailed    Code = "DISK_ADD_FAILED"
	DiskResizeFailed Code = "DISK_RESIZE_FAILED"
	DiskDeleteFailed Code = "DISK_DELETE_FAILED"
	// DiskResizedLater: a disk has its new size, which the guest sees after its next
	// start: gib.
	DiskResizedLater Code = "DISK_RESIZED_LATER"
	// DiskHeld: the guest does not let go of a disk that was to be deleted.
	DiskHeld Code = "DISK_HELD"
)

// Notices.
const (
	// RentalEnds: the rental ends at, and the VM is shut down then.
	RentalEnds Code = "RENTAL_ENDS"
	// TrialEnds: unless the rental is confirmed by then, its rent goes back and the
	// VM is deleted with its disks.
	TrialEnds Code = "TRIAL_ENDS"
	// TrialRentalEnds: the rental of a trial ends soon even if it is confirmed; it
	// must be confirmed before it can be renewed.
	TrialRentalEnds Code = "TRIAL_RENTAL_ENDS"
	// DisksKept: the rental is over and the disks are kept until then: evictable. A
	// create with restore_task_id takes them over.
	DisksKept Code = "DISKS_KEPT"
	// ChangePending: changed CPUs and memory count from the VM's next start.
	ChangePending Code = "CHANGE_PENDING"
	// VNCNotOpened: the create asked for a vnc_port, which is not opened.
	VNCNotOpened Code = "VNC_NOT_OPENED"
)

// Reasons and Notices are all codes, each with its parameters.
var (
	Reasons = map[Code][]string{
		RentalEnded: {}, RentalRefunded: {}, RentalBroken: {}, RentalForgotten: {},
		ShutDown: {}, PoweredOff: {}, StoppedHard: {Seconds}, GuestOff: {}, PausedChain: {}, PausedDisk: {},
		WaitsHypervisor: {}, Evicted: {},
		CreateFailed: {Step, Detail}, GuestSilent: {Seconds, BiosMode, Detail}, GuestDied: {BiosMode, Detail}, HostFull: {Step, Detail},
		CardRefused:   {Step, Cause, Detail},
		RestartFailed: {Detail}, StartFailed: {Detail}, StopFailed: {Detail}, RebootFailed: {Detail}, ResetFailed: {Detail},
		DiskAddFailed: {Disk, Detail}, DiskResizeFailed: {Disk, Detail}, DiskDeleteFailed: {Disk, Detail},
		DiskResizedLater: {Disk, GiB, Detail}, DiskHeld: {Disk, Detail},
	}
	Notices = map[Code][]string{
		RentalEnds: {}, TrialEnds: {}, TrialRentalEnds: {}, DisksKept: {Evictable}, ChangePending: {}, VNCNotOpened: {},
	}
)
