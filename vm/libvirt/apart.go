package libvirt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt/accel"
	"github.com/dbc-network/dbc/vm/libvirt/acl"
)

const (
	// dac is libvirt's security model of users and groups.
	dac = "dac"
	// throttle is the name of the group in which a guest's disks share their
	// limits.
	throttle = "guest"
	// overheadMiB is what an emulator may use in addition to its guest's memory
	// and one sixteenth of that: queues, firmware, video memory, and what
	// devices map.
	overheadMiB = 1024
	// weight of a virtual CPU among the computer's processes; a systemd unit
	// has 100.
	weight, maxWeight = 100, 10000
)

// ErrUnconfined means that the kernel has a security module which libvirt does
// not use.
var ErrUnconfined = errors.New("guests are not confined")

// modules are the kernel's security modules that libvirt has a driver for, by
// libvirt's names.
var modules = []string{"apparmor", "selinux"}

// confinement returns the security driver that confines guests, "" if the
// kernel has none, and ErrUnconfined if it has one that libvirt does not use.
func confinement(caps libvirtxml.Caps, kernel string) (string, error) {
	for _, model := range caps.Host.SecModel {
		if slices.Contains(modules, model.Name) {
			return model.Name, nil
		}
	}
	if kernel == "" {
		kernel = "/sys"
	}
	text, err := os.ReadFile(filepath.Join(kernel, "kernel", "security", "lsm"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the kernel's security modules: %w", err)
	}
	for _, name := range strings.Split(strings.TrimSpace(string(text)), ",") {
		if slices.Contains(modules, name) {
			return "", fmt.Errorf("%w: the kernel runs %s, but libvirt does not use it; set security_driver = \"%s\" in /etc/libvirt/qemu.conf and restart libvirtd",
				ErrUnconfined, name, name)
		}
	}
	return "", nil
}

// device returns the path of the KVM device.
func (d *Driver) device() string {
	if d.config.Device != "" {
		return d.config.Device
	}
	return "/dev/kvm"
}

// checkDevice determines whether a guest's own user, who is in libvirt's group
// and no other, can open KVM, or needs an entry in the device's access control
// list. It refuses a computer with neither, because no guest would start there.
func (d *Driver) checkDevice() error {
	if d.config.User == nil || d.virt != accel.KVM {
		return nil
	}
	path := d.device()
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("look at KVM's device: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	const all, group = 0o006, 0o060
	switch mode := info.Mode().Perm(); {
	case mode&all == all, ok && int(stat.Gid) == d.gid && mode&group == group:
		return nil
	}
	if err := acl.Supported(path); err != nil {
		return fmt.Errorf("%w: %s is %v, and each guest has a user of its own, of group %d only, who can't be let in one by one: %w; write KERNEL==\"kvm\", MODE=\"0666\" into "+
			"/etc/udev/rules.d/99-dbc-kvm.rules, then run udevadm control --reload and udevadm trigger /dev/kvm", ErrNoAcceleration, path, info.Mode(), d.gid, err)
	}
	d.lets = true
	return nil
}

// admit lets a guest's user open KVM if the device is not open to it. It runs
// before each start, because udev and a login may rewrite the device's list.
// libvirt copies the list to the device that it creates for the guest.
func (d *Driver) admit(domain *libvirtxml.Domain) error {
	if uid := d.owner(domain); d.lets && uid != d.uid {
		return acl.Grant(d.device(), uid)
	}
	return nil
}

// user returns the uid that the guest's emulator runs as.
func (d *Driver) user(spec vm.Spec) (int, error) {
	if d.config.User == nil {
		return d.uid, nil
	}
	uid, err := d.config.User(spec)
	if err == nil && (uid <= 0 || uid == d.uid) {
		err = fmt.Errorf("%w: user is %d, allowed: one that no other program has", vm.ErrBadSpec, uid)
	}
	return uid, err
}

// keepApart makes the guest run as its own user and within its limits. Its
// group is that of every emulator, which may traverse libvirt's folders; files
// belong to the user alone.
func (d *Driver) keepApart(domain *libvirtxml.Domain, spec vm.Spec) error {
	uid, err := d.user(spec)
	if err != nil {
		return err
	}
	if uid != d.uid {
		domain.SecLabel = []libvirtxml.DomainSecLabel{{
			Type: "static", Model: dac, Relabel: "yes", Label: fmt.Sprintf("+%d:+%d", uid, d.gid),
		}}
	}
	if domain.MemoryBacking == nil {
		domain.MemoryBacking = &libvirtxml.DomainMemoryBacking{}
	}
	// By their timing, merged pages reveal to one guest what another has in
	// memory.
	domain.MemoryBacking.MemoryNosharepages = &libvirtxml.DomainMemoryNosharepages{}
	if d.config.Emulation {
		return nil // a test's libvirtd has no control groups
	}
	limit := uint64(spec.MemoryMiB) + uint64(spec.MemoryMiB)/16 + overheadMiB
	domain.MemoryTune = &libvirtxml.DomainMemoryTune{HardLimit: &libvirtxml.DomainMemoryTuneLimit{Value: limit, Unit: "MiB"}}
	if domain.CPUTune == nil {
		domain.CPUTune = &libvirtxml.DomainCPUTune{}
	}
	domain.CPUTune.Shares = &libvirtxml.DomainCPUTuneShares{Value: uint(min(weight*spec.VCPUs, maxWeight))}
	return nil
}

// limitDisk bounds a disk together with the guest's others.
func (d *Driver) limitDisk(disk *libvirtxml.DomainDisk, vcpus int) {
	l, n := d.config.Limits, uint64(max(vcpus, 1))
	if l.DiskBytes == 0 && l.DiskIOs == 0 {
		return
	}
	disk.IOTune = &libvirtxml.DomainDiskIOTune{TotalBytesSec: l.DiskBytes * n, TotalIopsSec: l.DiskIOs * n, GroupName: throttle}
}

// owner returns the uid that a domain's emulator runs as.
func (d *Driver) owner(domain *libvirtxml.Domain) int {
	for _, label := range domain.SecLabel {
		if label.Model != dac {
			continue
		}
		if uid, _, err := parseUser(label.Label); err == nil {
			return uid
		}
	}
	return d.uid
}

// disown takes back what libvirt leaves to a guest's user, because another
// guest may get that user next.
func (d *Driver) disown(domain *libvirtxml.Domain) error {
	if domain.Devices == nil || d.config.User == nil {
		return nil
	}
	var paths []string
	for _, disk := range domain.Devices.Disks {
		if disk.Source != nil && disk.Source.File != nil {
			paths = append(paths, disk.Source.File.File)
		}
	}
	for _, serial := range domain.Devices.Serials {
		if serial.Log != nil {
			paths = append(paths, serial.Log.File)
		}
		if serial.Source != nil && serial.Source.UNIX != nil {
			paths = append(paths, filepath.Dir(serial.Source.UNIX.Path))
		}
	}
	if domain.OS != nil && domain.OS.NVRam != nil {
		paths = append(paths, domain.OS.NVRam.NVRam)
	}
	uid := d.owner(domain)
	if d.lets && uid != d.uid {
		if err := acl.Revoke(d.device(), uid); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil {
			continue // never created, or gone
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != uid {
			continue
		}
		if err := os.Lchown(path, os.Geteuid(), os.Getegid()); err != nil {
			return fmt.Errorf("take back %s: %w", path, err)
		}
	}
	return nil
}
