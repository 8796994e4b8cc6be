package daemon

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// mounts maps folders below Config.Dir to the libvirt folders that they
// replace.
var mounts = []struct{ from, onto string }{
	{"etc", "/etc/libvirt"},
	{"run", "/run/libvirt"},
	{"lib", "/var/lib/libvirt"},
	{"cache", "/var/cache/libvirt"},
	{"log", "/var/log/libvirt"},
}

// prepare writes everything that libvirtd reads. It may be repeated at any
// time: files are replaced atomically, and the identity of the host is
// generated once.
func (c Config) prepare() error {
	for _, m := range mounts {
		if err := os.MkdirAll(c.path(m.from), 0o755); err != nil {
			return fmt.Errorf("make libvirtd's folders: %w", err)
		}
		// The namespace needs something to mount on. An empty folder is all
		// that remains of it on the computer.
		if err := os.MkdirAll(m.onto, 0o755); err != nil {
			return fmt.Errorf("make libvirtd's folders: %w", err)
		}
	}
	if err := os.MkdirAll(c.path("etc", "qemu"), 0o755); err != nil {
		return fmt.Errorf("make libvirtd's folders: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(c.socketDir()), 0o755); err != nil {
		return fmt.Errorf("make socket folder: %w", err)
	}
	if err := os.MkdirAll(c.socketDir(), 0o700); err != nil {
		return fmt.Errorf("make socket folder: %w", err)
	}
	id, err := c.hostUUID()
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(c.path("etc", "libvirtd.conf"), []byte(c.libvirtdConf(id)), 0o600); err != nil {
		return fmt.Errorf("write libvirtd.conf: %w", err)
	}
	conf, err := c.qemuConf()
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(c.path("etc", "qemu.conf"), []byte(conf), 0o600); err != nil {
		return fmt.Errorf("write qemu.conf: %w", err)
	}
	return nil
}

func (c Config) libvirtdConf(hostUUID string) string {
	return strings.Join([]string{
		`unix_sock_dir = "` + c.socketDir() + `"`,
		`unix_sock_ro_perms = "0700"`,
		`unix_sock_rw_perms = "0700"`,
		`auth_unix_ro = "none"`,
		`auth_unix_rw = "none"`,
		`host_uuid = "` + hostUUID + `"`,
		// All calls of a node use one connection.
		`max_client_requests = 32`,
		`log_level = 3`,
		`log_outputs = "3:file:/var/log/libvirt/libvirtd.log"`,
		``,
	}, "\n")
}

// qemuConf makes libvirt give a domain's writable files to the emulator's user
// while it runs and to root afterwards. The previous owner is not saved in
// extended attributes: it is always root, and attributes left behind by a
// killed daemon would make the next start fail.
func (c Config) qemuConf() (string, error) {
	name, group, err := c.emulatorUser()
	if err != nil {
		return "", err
	}
	return strings.Join([]string{
		`user = "` + name + `"`,
		`group = "` + group + `"`,
		`dynamic_ownership = 1`,
		`remember_owner = 0`,
		`security_driver = "none"`,
		`cgroup_controllers = [ ]`,
		`namespaces = [ ]`,
		`stdio_handler = "file"`,
		`seccomp_sandbox = 1`,
		`vnc_listen = "127.0.0.1"`,
		`max_core = 0`,
		``,
	}, "\n"), nil
}

func (c Config) emulatorUser() (name, group string, err error) {
	candidates := []string{"libvirt-qemu", "qemu"}
	if c.User != "" {
		candidates = []string{c.User}
	}
	for _, candidate := range candidates {
		u, err := user.Lookup(candidate)
		if err != nil {
			continue
		}
		g, err := user.LookupGroupId(u.Gid)
		if err != nil {
			return "", "", fmt.Errorf("look up group of %s: %w", candidate, err)
		}
		// Debian's libvirt-qemu is in group kvm, which may open /dev/kvm.
		return u.Username, g.Name, nil
	}
	if c.User != "" {
		return "", "", fmt.Errorf("%w: user is %q, allowed: a user of this system", ErrBadConfig, c.User)
	}
	c.logger().Warn("no user for the emulator on this system, it runs as root", "looked_for", candidates)
	return "root", "root", nil
}

// hostUUID is generated once per folder, so that a restarted daemon is the same
// host to libvirt, and never the computer's own libvirtd.
func (c Config) hostUUID() (string, error) {
	path := c.path("host_uuid")
	data, err := os.ReadFile(path)
	if err == nil && len(data) == 36 {
		return string(data), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read host uuid: %w", err)
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	id := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	if err := renameio.WriteFile(path, []byte(id), 0o644); err != nil {
		return "", fmt.Errorf("write host uuid: %w", err)
	}
	return id, nil
}
