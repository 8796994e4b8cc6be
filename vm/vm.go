// Package vm says what a driver of virtual machines must do. The compute node
// speaks to this package only; vm/libvirt is the real driver, vm/fake the one
// for tests, and vm/vmtest the suite that both pass.
package vm

import (
	"context"
	"net"
	"net/netip"
)

// UUID names a domain: 36 characters, lower case, derived from rental and task
// so that defining it twice is defining it once.
type UUID string

// State is what the hypervisor says of a domain.
type State string

// The states of a domain.
const (
	// StateOff: defined, not running.
	StateOff State = "off"
	// StateRunning: the guest's CPUs run.
	StateRunning State = "running"
	// StatePaused: in memory, CPUs stopped.
	StatePaused State = "paused"
	// StateStopping: asked to shut down, still running.
	StateStopping State = "stopping"
	// StateCrashed: the guest or its emulator failed.
	StateCrashed State = "crashed"
)

// Reason says why a domain is off or paused.
type Reason string

// The reasons that the compute node tells apart.
const (
	ReasonUnknown Reason = ""
	// ReasonGuest: the guest shut itself down.
	ReasonGuest Reason = "guest shutdown"
	// ReasonDestroyed: the node or an administrator stopped it hard.
	ReasonDestroyed Reason = "destroyed"
	// ReasonCrashed: the guest or its emulator failed.
	ReasonCrashed Reason = "crashed"
	// ReasonLost: the host or libvirt went away while it ran.
	ReasonLost Reason = "lost"
	// ReasonDisk: paused by its emulator, which could not write to a disk of the
	// host; a Resume tries it again, and may end in the same.
	ReasonDisk Reason = "disk error"
)

// Domain is one virtual machine as the hypervisor sees it.
type Domain struct {
	UUID   UUID
	Name   string
	State  State
	Reason Reason
}

// Disk is one drive of a guest. Its format is always explicit: what a guest
// wrote into a header is never believed.
type Disk struct {
	// Path is absolute.
	Path string
	// Format is "qcow2" or "raw".
	Format string
	// Backing is the absolute path of the immutable qcow2 base, or "".
	Backing string
	// Target names it, such as "vda", and is its serial number in the guest, which
	// may call it otherwise.
	Target   string
	ReadOnly bool
}

// NIC is the one network card of a guest: on a bridge, isolated from the other
// ports, bound to MAC and Addr.
type NIC struct {
	Bridge string
	// Tap is the host's name for the card, at most 15 bytes.
	Tap  string
	MAC  net.HardwareAddr
	Addr netip.Addr
}

// PCIDevice is a device to pass through, domain:bus:device.function.
type PCIDevice string

// Placement ties a guest to parts of the host. Numbers are the kernel's.
type Placement struct {
	// CPUs are the host's on which the guest's run, one for each in the guest's
	// order; threads of one core side by side. Empty: any.
	CPUs []int
	// Emulator are those on which the emulator's own threads run. Empty: any.
	Emulator []int
	// Node is the NUMA node that memory is taken from while it has some; nil: any.
	Node *int
	// PageKiB is the size of the memory's huge pages, which must be free then; 0
	// for normal ones.
	PageKiB uint64
}

// Spec is all a driver needs to define a guest. The emulator runs as a user of
// its own: every folder above a path must let it pass (mode 0711 is enough),
// and a backing file must be readable by it (0444). Disks may be 0600 of root:
// libvirt hands them to the emulator's user while the domain runs, and takes
// back the writable ones.
type Spec struct {
	UUID UUID
	// Name is the domain's name, [a-z0-9-] only.
	Name string
	// Title is shown beside the name; it carries no meaning.
	Title     string
	VCPUs     int
	MemoryMiB int
	// Disks in boot order; the first one boots.
	Disks []Disk
	NIC   NIC
	// ConsoleLog is the absolute path of the file that takes the serial console.
	// It is only ever appended to, so that the node may cut it to length zero
	// when a guest writes too much.
	ConsoleLog string
	// ConsoleSocket and VNCSocket are the absolute paths of the unix sockets for
	// the serial console and the screen, at most 107 bytes each. Their folder
	// belongs to the emulator's user: Define makes it, and it may hold nothing
	// else, or a guest that broke out of its emulator could put a link where the
	// node expects a disk.
	ConsoleSocket, VNCSocket string
	// NVRAM is "" for a guest that boots by BIOS. Else it boots by UEFI, without
	// Secure Boot, and this is the absolute path of the file that keeps the
	// firmware's variables: the first start makes it, and the driver never deletes it.
	NVRAM string
	// Placement says where on the host the guest runs; the zero value is anywhere.
	Placement Placement
	// Devices are the endpoints of whole IOMMU groups, which vfio-pci has and keeps;
	// empty for slots from test_slots. A guest with any boots by UEFI.
	Devices []PCIDevice
	// WindowMiB is how much of a guest's address space above its memory the firmware
	// has for devices, a power of two; 0 leaves it to the firmware.
	WindowMiB int
}

// Driver runs virtual machines. Every method may be repeated: what is so
// already is no error. A domain that is not there is ErrNotFound, but for
// Stop and Undefine, whose wish is then fulfilled.
type Driver interface {
	// Define makes the domain known, or replaces a definition of the same UUID.
	Define(ctx context.Context, spec Spec) error
	// Start runs a defined domain, or resumes a paused one, and returns when
	// its CPUs run.
	Start(ctx context.Context, id UUID) error
	// Shutdown asks the guest to power off and returns at once. The guest may
	// ignore it.
	Shutdown(ctx context.Context, id UUID) error
	// Stop ends the domain hard and returns when it is off.
	Stop(ctx context.Context, id UUID) error
	// Pause stops the guest's CPUs; Resume lets them go on. A domain that is
	// off is ErrNotRunning.
	Pause(ctx context.Context, id UUID) error
	Resume(ctx context.Context, id UUID) error
	// Reset restarts the guest's computer at once, as its reset button does,
	// without the guest's leave. A domain that is off is ErrNotRunning. Within
	// the first moment after Start it may find the firmware half way from ROM to
	// RAM; QEMU's q35 does not undo that, and the guest hangs until Stop and Start.
	Reset(ctx context.Context, id UUID) error
	// Undefine forgets a domain that is off, else it is ErrRunning. It deletes
	// no disk.
	Undefine(ctx context.Context, id UUID) error
	// Console connects to the serial console: what is written is typed. Only one
	// connection is served at a time; a second one waits. VNC connects to the
	// screen, by the protocol of RFC 6143 and without a password. Both end when
	// the domain does, and what comes from them is a guest's. A domain that is
	// off is ErrNotRunning.
	Console(ctx context.Context, id UUID) (net.Conn, error)
	VNC(ctx context.Context, id UUID) (net.Conn, error)
	// SetPassword has the guest's agent set a user's password. The guest may have
	// no agent, or a hostile one: ErrAgent, within seconds.
	SetPassword(ctx context.Context, id UUID, user, password string) error
	// Attach gives a running domain one disk more; Grow tells it that one is larger
	// now, in bytes; Detach takes one away by its target, or is ErrHeld where the
	// guest doesn't let go of it. None of them changes the definition. A domain
	// that is off is ErrNotRunning.
	Attach(ctx context.Context, id UUID, disk Disk) error
	Grow(ctx context.Context, id UUID, target string, size uint64) error
	Detach(ctx context.Context, id UUID, target string) error
	// Get is the domain's state now.
	Get(ctx context.Context, id UUID) (Domain, error)
	// List is every domain that this driver's Define made, whatever its state.
	List(ctx context.Context) ([]Domain, error)
	// Watch sends the UUID of every domain whose state changed, until ctx is
	// done; then the channel is closed. "" says that changes may have been
	// missed: list again. It comes first, and after each lost connection.
	Watch(ctx context.Context) (<-chan UUID, error)
}
