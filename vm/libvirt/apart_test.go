package libvirt

import (
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt/accel"
)

// TestConfinement verifies that libvirt must use the kernel's security module.
func TestConfinement(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		model, lsm, want string
		err              error
	}{
		"both AppArmor":      {model: "apparmor", lsm: "lockdown,capability,yama,apparmor", want: "apparmor"},
		"both SELinux":       {model: "selinux", lsm: "capability,selinux", want: "selinux"},
		"AppArmor unused":    {model: "none", lsm: "lockdown,capability,yama,apparmor\n", err: ErrUnconfined},
		"SELinux unused":     {model: "dac", lsm: "capability,selinux", err: ErrUnconfined},
		"another module":     {model: "dac", lsm: "lockdown,capability,landlock,yama"},
		"a name's beginning": {model: "dac", lsm: "apparmor2,notselinux"},
		"no securityfs":      {model: "dac"},
	} {
		kernel := t.TempDir()
		if c.lsm != "" {
			dir := filepath.Join(kernel, "kernel", "security")
			if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "lsm"), []byte(c.lsm), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		var caps libvirtxml.Caps
		if err := xml.Unmarshal([]byte(`<capabilities><host><secmodel><model>`+c.model+`</model></secmodel></host></capabilities>`), &caps); err != nil {
			t.Fatal(err)
		}
		if got, err := confinement(caps, kernel); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v, want %q, %v", name, got, err, c.want, c.err)
		}
	}
}

// TestUsers verifies that no guest runs as root or as the user of another
// guest.
func TestUsers(t *testing.T) {
	t.Parallel()
	for _, uid := range []int{0, -1, 64055} {
		d := &Driver{uid: 64055, config: Config{User: func(vm.Spec) (int, error) { return uid, nil }}}
		if _, err := d.user(exampleSpec()); !errors.Is(err, vm.ErrBadSpec) {
			t.Errorf("user %d: %v", uid, err)
		}
	}
}

// TestDevice verifies that each guest is granted access to a closed device
// while it is defined, and that a computer where that is impossible is refused
// at start.
func TestDevice(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kvm")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	own := func(vm.Spec) (int, error) { return 0x70000007, nil }
	for _, c := range []struct {
		mode os.FileMode
		gid  int
		user func(vm.Spec) (int, error)
		virt accel.Kind
		lets bool
	}{
		{0o666, 64055, own, accel.KVM, false},
		{0o660, os.Getgid(), own, accel.KVM, false},
		{0o660, os.Getgid() + 1, own, accel.KVM, true},
		{0o640, os.Getgid(), own, accel.KVM, true},
		{0o600, os.Getgid(), own, accel.KVM, true},
		{0o600, 0, nil, accel.KVM, false},
		{0o600, 0, own, accel.Software, false},
	} {
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		d := &Driver{gid: c.gid, virt: c.virt, config: Config{User: c.user, Device: path}}
		if err := d.checkDevice(); err != nil || d.lets != c.lets {
			t.Errorf("%o, group %d, %s: %v, lets %t", c.mode, c.gid, c.virt, err, d.lets)
		}
		domain := &libvirtxml.Domain{SecLabel: []libvirtxml.DomainSecLabel{{Model: dac, Label: "+1879048199:+64055"}}, Devices: &libvirtxml.DomainDeviceList{}}
		if err := d.admit(domain); err != nil || listed(path) != c.lets {
			t.Errorf("%o: %v", c.mode, err)
		}
		if err := d.disown(domain); err != nil || listed(path) {
			t.Errorf("%o: %v", c.mode, err)
		}
	}
	// No file on /proc has a list.
	d := &Driver{gid: 64055, virt: accel.KVM, config: Config{User: own, Device: "/proc/self/mem"}}
	if err := d.checkDevice(); !errors.Is(err, ErrNoAcceleration) {
		t.Error(err)
	}
}

// listed reports whether the list names any user.
func listed(path string) bool {
	_, err := unix.Getxattr(path, "system.posix_acl_access", nil)
	return err == nil
}
