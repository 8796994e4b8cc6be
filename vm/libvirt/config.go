// Package libvirt runs virtual machines with libvirt and QEMU, over libvirt's
// own RPC socket and without cgo. It passes the suite of vm/vmtest.
package libvirt

import (
	"log/slog"
	"time"

	"github.com/dbc-network/dbc/vm"
)

// SystemSocket is where a distribution's libvirtd listens.
const SystemSocket = "/run/libvirt/libvirt-sock"

// Limits of one call. If a call takes longer, its connection is cut: libvirtd
// is assumed to hang, and the error is vm.ErrUnavailable.
const (
	dialLimit = 10 * time.Second
	callLimit = 30 * time.Second
	// learnLimit is for the first query to a libvirtd that has just started: it
	// then probes QEMU's capabilities, which takes minutes on a slow computer.
	learnLimit = 5 * time.Minute
	// heavyLimit is for starting and destroying: QEMU may have to release a
	// large memory. With cards it is longer; see heavyFor.
	heavyLimit = 3 * time.Minute
)

// Config is what Open needs.
type Config struct {
	// Socket is libvirt's unix socket; "" means SystemSocket.
	Socket string
	// Owner distinguishes the domains of two nodes that share a libvirt, such
	// as machine id and genesis hash. It is written into each domain and may be
	// "".
	Owner string
	// Emulation allows software emulation if hardware acceleration cannot run
	// guests. Without it Open refuses such a computer.
	Emulation bool
	// Emulator is the path of QEMU; "" means the one on PATH.
	Emulator string
	// Cache is the folder that stores whether acceleration works until the
	// computer reboots; "" means /run/dbc.
	Cache string
	// User returns the uid for a guest's emulator. No other guest has it while
	// the guest is defined. With nil all guests run as libvirt's one user.
	User func(vm.Spec) (int, error)
	// Limits bound what one guest takes from the others. Zero values set no
	// limit.
	Limits Limits
	// Device is the KVM device; "" means /dev/kvm.
	Device string
	// Kernel is where the kernel lists its active security modules; "" means
	// /sys.
	Kernel string
	// Logger defaults to slog.Default().
	Logger *slog.Logger
}

// Limits are per virtual CPU, of which a guest has its share of the computer's.
type Limits struct {
	// DiskBytes and DiskIOs are per second, for all disks of the guest together
	// and for reads and writes together.
	DiskBytes, DiskIOs uint64
}
