package libvirt

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/digitalocean/go-libvirt"
	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt/accel"
)

var _ vm.Driver = (*Driver)(nil)

// ErrNoAcceleration means that the computer's CPU cannot run guests and
// Config.Emulation is not set.
var ErrNoAcceleration = errors.New("no hardware acceleration")

// Driver is a vm.Driver for one libvirtd, safe for concurrent use. It
// reconnects automatically when libvirtd restarts.
type Driver struct {
	config   Config
	emulator string
	virt     accel.Kind
	link     link
	log      *slog.Logger

	mu sync.Mutex
	// asked maps each domain that was asked to shut down to libvirt's number of
	// that run: a later run has another.
	asked map[vm.UUID]int32
	uid   int
	gid   int
	// lets means that guests' users are granted access to the KVM device by its
	// access control list.
	lets bool
	// threads per core of the computer.
	threads int
	// confined is the security driver that confines guests, or "".
	confined string

	// background waits for what Shutdown left running.
	background sync.WaitGroup
	stop       context.CancelFunc
	life       context.Context //nolint:containedctx // the life of background, ended by Close
}

// Open connects to libvirt and determines how guests can run here. It returns
// vm.ErrUnavailable if libvirt does not answer.
func Open(ctx context.Context, config Config) (*Driver, error) {
	if config.Socket == "" {
		config.Socket = SystemSocket
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	emulator := config.Emulator
	if emulator == "" {
		path, err := exec.LookPath("qemu-system-x86_64")
		if err != nil {
			return nil, fmt.Errorf("find emulator: %w", err)
		}
		emulator = path
	}
	kind, err := accel.Find(ctx, accel.Config{Emulator: emulator, Cache: config.Cache, Logger: config.Logger})
	if err != nil {
		return nil, fmt.Errorf("find acceleration: %w", err)
	}
	d := &Driver{
		config: config, emulator: emulator, virt: kind, log: config.Logger,
		link: link{socket: config.Socket}, asked: map[vm.UUID]int32{},
	}
	d.life, d.stop = context.WithCancel(context.Background())
	if err := d.learn(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if d.virt == accel.Software && !config.Emulation {
		return nil, errors.Join(fmt.Errorf("%w: KVM doesn't run guests on this host; switch virtualization on in its firmware and let QEMU's user open /dev/kvm, or allow emulation for tests", ErrNoAcceleration), d.Close())
	}
	return d, nil
}

// Close closes the connection; domains keep running.
func (d *Driver) Close() error {
	d.stop()
	d.link.close()
	d.background.Wait()
	return nil
}

// learn asks libvirt which user QEMU runs as, and whether that user may use
// KVM.
func (d *Driver) learn(ctx context.Context) error {
	text, err := call(ctx, &d.link, learnLimit, func(l *libvirt.Libvirt) (string, error) {
		return l.ConnectGetCapabilities()
	})
	if err != nil {
		return fmt.Errorf("ask for capabilities: %w", err)
	}
	var caps libvirtxml.Caps
	if err := xml.Unmarshal([]byte(text), &caps); err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	if d.virt == accel.KVM && !offersKVM(caps) {
		d.log.Warn("KVM runs guests, but libvirt doesn't offer it")
		d.virt = accel.Software
	}
	if cpu := caps.Host.CPU; cpu != nil && cpu.Topology != nil {
		d.threads = cpu.Topology.Threads
	}
	if d.confined, err = confinement(caps, d.config.Kernel); err != nil && !d.config.Emulation {
		return err
	}
	if d.confined == "" {
		d.log.Warn("no security driver confines guests; users of their own keep them apart", "kernel", err)
	}
	if d.uid, d.gid, err = emulatorUser(caps); err != nil {
		return err
	}
	return d.checkDevice()
}

// Confined returns the security driver that confines guests in addition to
// their users, or "" if there is none.
func (d *Driver) Confined() string { return d.confined }

func offersKVM(caps libvirtxml.Caps) bool {
	for _, guest := range caps.Guests {
		if guest.Arch.Name != "x86_64" {
			continue
		}
		for _, domain := range guest.Arch.Domains {
			if domain.Type == "kvm" {
				return true
			}
		}
	}
	return false
}

// emulatorUser parses "+64055:+107", the label of the security model dac.
// Without one QEMU runs as libvirt itself does.
func emulatorUser(caps libvirtxml.Caps) (uid, gid int, err error) {
	for _, model := range caps.Host.SecModel {
		for _, label := range model.Labels {
			if model.Name == "dac" && label.Type == "kvm" {
				return parseUser(label.Value)
			}
		}
	}
	return 0, 0, nil
}

func parseUser(label string) (uid, gid int, err error) {
	u, g, _ := strings.Cut(label, ":")
	if uid, err = strconv.Atoi(strings.TrimPrefix(u, "+")); err == nil {
		gid, err = strconv.Atoi(strings.TrimPrefix(g, "+"))
	}
	if err != nil {
		return 0, 0, fmt.Errorf("read capabilities: user is %q: %w", label, err)
	}
	return uid, gid, nil
}
