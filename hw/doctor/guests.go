//go:build linux

package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// device: each guest's emulator has a user of its own, in no group that may open KVM. It
// has access if the device is open to all, or supports an ACL for the helper to set.
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

// confinement: a security module limits what the user of a compromised emulator
// can still reach.
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

// daemons: libvirtd runs the guests, and virtlogd receives their consoles
// unless qemu.conf has files do that; without it no guest starts.
func daemons(c computer, r *results) {
	if !c.Has("run") {
		return // a copy of another computer's sys and proc
	}
	for _, d := range []struct{ name, socket string }{{"libvirtd", "run/libvirt/libvirt-sock"}, {"virtlogd", "run/libvirt/virtlogd-sock"}} {
		if d.name == "virtlogd" && confValue(c.Text("etc/libvirt/qemu.conf"), "stdio_handler") == `"file"` {
			r.saw(d.name, "not used")
			continue
		}
		if !c.Has(d.socket) {
			r.add(Fail, "", read("daemon", d.name, "socket", "/"+d.socket))
			continue
		}
		r.saw(d.name, "/"+d.socket)
	}
}

// libvirtDriver returns security_driver of qemu.conf, "" where libvirt uses what
// the kernel has.
func libvirtDriver(conf string) string { return confValue(conf, "security_driver") }

// confValue returns the value of a key in qemu.conf, as written there.
func confValue(conf, name string) string {
	for line := range strings.Lines(conf) {
		key, value, ok := strings.Cut(line, "=")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
