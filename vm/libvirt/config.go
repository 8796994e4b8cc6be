// Package libvirt runs virtual machines by libvirt and QEMU, over libvirt's
// own RPC socket and without cgo. It passes the suite of vm/vmtest.
package libvirt

import (
	"log/slog"
	"time"

	"github.com/dbc-network/dbc/vm"
)

// SystemSocket is where a distribution's libvirtd listens.
const SystemSocket = "/run/libvirt/libvirt-sock"

// The limits of one call. A call that takes longer has its connection cut:
// libvirtd is then taken as hung, and the error is vm.ErrUnavailable.
const (
	dialLimit = 10 * time.Second
	callLimit = 30 * time.Second
	// learnLimit is for the first question to a libvirtd that has just started: it
	// asks QEMU for its abilities then, which takes minutes on a slow computer.
	learnLimit = 5 * time.Minute
	// heavyLimit is for starting and destroying: QEMU may have to give back a
	// large memory or reset devices.
	heavyLimit = 3 * time.Minute
)

// Config is what Open needs.
type Config struct {
	// Socket is libvirt's unix socket; "" means SystemSocket.
	Socket string
	// Owner keeps apart the domains of two nodes that share a libvirt, such as
	// machine id and genesis hash; it is written into each domain and may be "".
	Owner string
	// Emulation allows software emulation where the accelerator doesn't run
	// guests. Without it Open refuses such a host.
	Emulation bool
	// Emulator is the path of QEMU; "" means the one on PATH.
	Emulator string
	// Cache is the folder that remembers whether the accelerator works, until
	// the host boots again; "" means /run/dbc.
	Cache string
	// User names the user id that a guest's emulator runs as, which no other guest
	// has while it is defined; nil leaves all guests to the one user of libvirt.
	User func(vm.Spec) (int, error)
	// Limits bound what one guest takes from the others; zero values bound nothing.
	Limits Limits
	// Device is KVM's; "" means /dev/kvm.
	Device string
	// Kernel is where the kernel says which security modules it runs; "" means /sys.
	Kernel string
	// Logger is slog.Default() when nil.
	Logger *slog.Logger
}

// Limits are for each virtual CPU, of which a guest has its share of the host's.
type Limits struct {
	// DiskBytes and DiskIOs are a second's, of all disks of the guest together and
	// reads and writes together.
	DiskBytes, DiskIOs uint64
}
