// Package vm defines what a driver of virtual machines must do. The compute
// node uses only this package; vm/libvirt is the real driver, vm/fake the one
// for tests, and vm/vmtest the suite that both pass.
package vm

import (
	"context"
	"net"
	"net/netip"
)

// UUID identifies a domain: 36 lower-case characters, derived from rental and
// task so that defining it twice has no further effect.
type UUID string

// State is a domain's state as the hypervisor reports it.
type State string

// The states of a domain.
const (
	// StateOff means defined, but not running.
	StateOff State = "off"
	// StateRunning means that the guest's CPUs are running.
	StateRunning State = "running"
	// StatePaused means in memory, with the CPUs stopped.
	StatePaused State = "paused"
	// StateStopping means asked to shut down, but still running.
	StateStopping State = "stopping"
	// StateCrashed means that the guest or its emulator failed.
	StateCrashed State = "crashed"
)

// Reason says why a domain is off or paused.
type Reason string

// Reasons that the compute node distinguishes.
const (
	ReasonUnknown Reason = ""
	// ReasonGuest means that the guest shut itself down.
	ReasonGuest Reason = "guest shutdown"
	// ReasonDestroyed means that the node or an administrator stopped it hard.
	ReasonDestroyed Reason = "destroyed"
	// ReasonCrashed means that the guest or its emulator failed.
	ReasonCrashed Reason = "crashed"
	// ReasonLost means that the computer or libvirt went down while it ran.
	ReasonLost Reason = "lost"
	// ReasonDisk means paused by its emulator, which could not write to a disk
	// of the computer. Resume retries, and may have the same result.
	ReasonDisk Reason = "disk error"
)

// Domain is one virtual machine as the hypervisor sees it.
type Domain struct {
	UUID   UUID
	Name   string
	State  State
	Reason Reason
}

// Disk is one drive of a guest. Its format is always explicit: a header that a
// guest may have written is never trusted.
type Disk struct {
	// Path is absolute.
	Path string
	// Format is "qcow2" or "raw".
	Format string
	// Backing is the absolute path of the immutable qcow2 base, or "".
	Backing string
	// Target is the disk's name, such as "vda", and its serial number in the
	// guest, which may use another name.
	Target   string
	ReadOnly bool
}

// NIC is the only network card of a guest: on a bridge, isolated from its other
// ports, bound to MAC and Addr.
type NIC struct {
	Bridge string
	// Tap is the interface's name on the computer, at most 15 bytes.
	Tap  string
	MAC  net.HardwareAddr
	Addr netip.Addr
}

// PCIDevice is a device to pass through, domain:bus:device.function.
type PCIDevice string

// Placement pins a guest to parts of the computer. Numbers are the kernel's.
type Placement struct {
	// CPUs are the computer's CPUs for the guest's, one for each in the guest's
	// order, with threads of one core next to each other. Empty means any.
	CPUs []int
	// Emulator are the CPUs for the emulator's own threads. Empty means any.
	Emulator []int
	// Node is the NUMA node from which memory is preferably allocated. Nil
	// means any.
	Node *int
	// PageKiB is the size of the memory's huge pages, which must be free at
	// start. 0 means normal pages.
	PageKiB uint64
}

// Spec is everything a driver needs to define a guest. The emulator runs as a
// user of its own: it must be able to traverse every parent folder of a path
// (mode 0711 is enough) and to read a backing file (0444). Disks may be 0600
// and owned by root: libvirt gives them to the emulator's user while the domain
// runs, and takes back the writable ones.
type Spec struct {
	UUID UUID
	// Name is the domain's name, [a-z0-9-] only.
	Name string
	// Title is shown next to the name and has no meaning.
	Title     string
	VCPUs     int
	MemoryMiB int
	// Disks in boot order; the first one boots.
	Disks []Disk
	NIC   NIC
	// ConsoleLog is the absolute path of the file that receives the serial
	// console's output. It is only appended to, so that the node can truncate
	// it to zero when a guest writes too much.
	ConsoleLog string
	// ConsoleSocket and VNCSocket are the absolute paths of the unix sockets
	// for the serial console and the screen, at most 107 bytes each. Their
	// folder belongs to the emulator's user. Define creates it, and it must
	// contain nothing else: a guest that broke out of its emulator could put a
	// link where the node expects a disk.
	ConsoleSocket, VNCSocket string
	// Firmware is what the guest boots by; the zero value is BIOS.
	Firmware Firmware
	// NVRAM is the absolute path of the file with the variables of UEFI, "" for
	// BIOS: the first start creates it, and the driver never deletes it.
	NVRAM string
	// Placement says where on the computer the guest runs. The zero value means
	// anywhere.
	Placement Placement
	// Slots are the numbers in the host's file of the machine's slots of kind GPU
	// that the guest gets, and none for slots from test_slots. A guest with slots
	// boots by UEFI. Only the privileged side fills in the Devices and WindowMiB that
	// belong to them (package node/guests/cards); a driver refuses slots without devices.
	Slots []uint32
	// Devices are the endpoints of whole IOMMU groups, which are bound to vfio-pci
	// and stay so.
	Devices []PCIDevice
	// WindowMiB is the size of the address space above a guest's memory that
	// the firmware reserves for devices, a power of two. 0 leaves it to the
	// firmware.
	WindowMiB int
}

// Driver runs virtual machines. Every method may be repeated: it is not an
// error if its effect is already there. If a domain does not exist, methods
// return ErrNotFound, except Stop and Undefine, which have nothing left to do.
type Driver interface {
	// Define creates the domain, or replaces the definition of the same UUID.
	Define(ctx context.Context, spec Spec) error
	// Start starts a defined domain, or resumes a paused one, and returns when
	// its CPUs run.
	Start(ctx context.Context, id UUID) error
	// Shutdown asks the guest to power off and returns at once. The guest may
	// ignore it.
	Shutdown(ctx context.Context, id UUID) error
	// Stop stops the domain hard and returns when it is off.
	Stop(ctx context.Context, id UUID) error
	// Pause stops the guest's CPUs; Resume continues them. If the domain is
	// off, they return ErrNotRunning.
	Pause(ctx context.Context, id UUID) error
	Resume(ctx context.Context, id UUID) error
	// Reset restarts the VM at once, like its reset button, without the guest's
	// consent. If the domain is off, it returns ErrNotRunning. In the first
	// moment after Start it may interrupt the firmware while it copies itself
	// from ROM to RAM; QEMU's q35 does not undo that, and the guest hangs until
	// Stop and Start.
	Reset(ctx context.Context, id UUID) error
	// Undefine removes a domain that is off; otherwise it returns ErrRunning.
	// It deletes no disk.
	Undefine(ctx context.Context, id UUID) error
	// Console connects to the serial console; written bytes are typed. Only one
	// connection is served at a time; a second one waits. VNC connects to the
	// screen with the protocol of RFC 6143 and without a password. Both end
	// with the domain, and their output is the guest's. If the domain is off,
	// they return ErrNotRunning.
	Console(ctx context.Context, id UUID) (net.Conn, error)
	VNC(ctx context.Context, id UUID) (net.Conn, error)
	// SetPassword has the guest agent set a user's password. If the guest has
	// no agent, or a hostile one, it returns ErrAgent within seconds.
	SetPassword(ctx context.Context, id UUID, user, password string) error
	// Attach adds a disk to a running domain. Grow tells it that a disk is
	// larger now, in bytes. Detach removes a disk by its target, or returns
	// ErrHeld if the guest does not release it. None of them changes the
	// definition. If the domain is off, they return ErrNotRunning.
	Attach(ctx context.Context, id UUID, disk Disk) error
	Grow(ctx context.Context, id UUID, target string, size uint64) error
	Detach(ctx context.Context, id UUID, target string) error
	// Get returns the domain's current state.
	Get(ctx context.Context, id UUID) (Domain, error)
	// List returns every domain that this driver's Define created, whatever its
	// state.
	List(ctx context.Context) ([]Domain, error)
	// Watch sends the UUID of every domain whose state changed, until ctx is
	// done; then the channel is closed. "" means that changes may have been
	// missed and the caller must list again. It is sent first, and after each
	// lost connection.
	Watch(ctx context.Context) (<-chan UUID, error)
}
