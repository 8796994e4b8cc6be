package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// device: each guest's emulator has a user of its own, in no group that opens KVM.
// It gets in where the device is open to all, or has a list for the helper to write.
func device(c computer, r *results) {
	if !c.Has("dev") {
		return // a copy of another computer's sys and proc
	}
	path := filepath.Join(c.Root.Name(), "dev", "kvm")
	info, err := os.Stat(path)
	if err != nil {
		r.add(Fail, "", read("mode", "missing"))
		return
	}
	mode := info.Mode().Perm()
	if mode&0o006 == 0o006 {
		r.saw("mode", mode.String(), "users", "all")
		return
	}
	if _, err := unix.Getxattr(path, "system.posix_acl_access", nil); err != nil && !errors.Is(err, unix.ENODATA) {
		r.add(Fail, "", read("mode", mode.String()))
		return
	}
	r.saw("mode", mode.String(), "users", "by its access control list")
}

// confinement: a security module keeps an emulator that was broken out of from
// what its user could still reach.
func confinement(c computer, r *results) {
	active := strings.Split(c.Text("sys/kernel/security/lsm"), ",")
	for _, name := range []string{"apparmor", "selinux"} {
		if !slices.Contains(active, name) {
			continue
		}
		if told := libvirtDriver(c.Text("etc/libvirt/qemu.conf")); told != "" && !strings.Contains(told, `"`+name+`"`) {
			r.add(Fail, "", read("module", name, "security_driver", told))
			return
		}
		r.saw("module", name)
		return
	}
	r.add(Warn, "", read("module", "none"))
}

// libvirtDriver returns what qemu.conf sets as security_driver, "" where libvirt
// takes what the kernel has.
func libvirtDriver(conf string) string {
	for line := range strings.Lines(conf) {
		key, value, ok := strings.Cut(line, "=")
		if ok && strings.TrimSpace(key) == "security_driver" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
