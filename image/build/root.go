package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// rootFolders are created empty. Modes are set separately, because of the
// umask.
var rootFolders = map[string]os.FileMode{
	"bin": 0o755, "sbin": 0o755, "usr/bin": 0o755, "usr/lib": 0o755, "usr/sbin": 0o755, "lib64": 0o755, libFolder: 0o755,
	"boot": 0o755, "dev": 0o755, "etc/dropbear": 0o700, "home": 0o755, "mnt": 0o755, "proc": 0o755,
	"root": 0o700, "run": 0o755, "sys": 0o755, "tmp": 0o1777, "var/lib": 0o755, "var/log": 0o755,
}

// rootFiles are all configuration files; the seed provides the rest.
var rootFiles = map[string]string{
	"etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
	"etc/group":  "root:x:0:\ntty:x:5:\n",
	"etc/shadow": "root:*:19000:0:99999:7:::\n",
	"etc/shells": "/bin/sh\n",
	"etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\n" +
		"hosts: files dns\n",
	"etc/profile":    "export PATH=/usr/sbin:/usr/bin:/sbin:/bin\nPS1='\\u@\\h:\\w\\$ '\n",
	"etc/os-release": "NAME=\"DBC tiny guest\"\nID=dbc-tiny\n",
}

// ownNames are the commands that init implements itself, in place of busybox's.
var ownNames = []string{"sbin/poweroff", "sbin/reboot", "sbin/halt", "sbin/shutdown", "usr/sbin/chpasswd"}

func (b *builder) makeRoot(ctx context.Context) error {
	for dir, mode := range rootFolders {
		path := filepath.Join(b.root, dir)
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		if err := chmod(path, mode); err != nil {
			return err
		}
	}
	for name, content := range rootFiles {
		mode := os.FileMode(0o644)
		if name == "etc/shadow" {
			mode = 0o600
		}
		if err := os.WriteFile(filepath.Join(b.root, name), []byte(content), mode); err != nil {
			return err
		}
	}
	if err := b.copyPrograms(); err != nil {
		return err
	}
	if err := b.linkCommands(ctx); err != nil {
		return err
	}
	k, err := b.findKernel()
	if err != nil {
		return err
	}
	if err := copyFile(k.image, filepath.Join(b.root, "boot/vmlinuz"), 0o644); err != nil {
		return err
	}
	return copyFile(b.initrd, filepath.Join(b.root, "boot/initrd"), 0o644)
}

// chmod accepts the sticky bit in the usual octal notation.
func chmod(path string, mode os.FileMode) error {
	perm := mode & 0o777
	if mode&0o1000 != 0 {
		perm |= os.ModeSticky
	}
	return os.Chmod(path, perm)
}

func (b *builder) copyPrograms() error {
	var dynamic []string
	for target, sources := range map[string][]string{
		"usr/sbin/dropbear":       {"usr/sbin/dropbear"},
		"usr/bin/dropbearconvert": {"usr/lib/dropbear/dropbearconvert", "usr/bin/dropbearconvert"},
		"usr/lib/sftp-server":     {"usr/lib/openssh/sftp-server"}, // where dropbear looks for it
		"usr/sbin/qemu-ga":        {"usr/sbin/qemu-ga", "usr/bin/qemu-ga"},
	} {
		from, err := b.find(sources...)
		if err != nil {
			return err
		}
		if err := copyFile(from, filepath.Join(b.root, target), 0o755); err != nil {
			return err
		}
		dynamic = append(dynamic, from)
	}
	libs, err := b.libraries(dynamic...)
	if err != nil {
		return err
	}
	for name, from := range libs {
		to := filepath.Join(b.root, libFolder, name)
		if name == loader {
			to = filepath.Join(b.root, "lib64", name)
		}
		if err := copyFile(from, to, 0o755); err != nil {
			return err
		}
	}
	busybox, err := b.find("bin/busybox", "usr/bin/busybox")
	if err != nil {
		return err
	}
	if err := copyFile(busybox, filepath.Join(b.root, "bin/busybox"), 0o755); err != nil {
		return err
	}
	return copyFile(filepath.Join(b.work, "init"), filepath.Join(b.root, "sbin/init"), 0o755)
}

// linkCommands creates all of busybox's links except those for our own
// commands.
func (b *builder) linkCommands(ctx context.Context) error {
	ours := map[string]bool{"init": true, "linuxrc": true, "busybox": true}
	for _, path := range ownNames {
		ours[filepath.Base(path)] = true
		if err := os.Symlink("/sbin/init", filepath.Join(b.root, path)); err != nil {
			return err
		}
	}
	list, err := output(ctx, "", nil, filepath.Join(b.root, "bin/busybox"), "--list")
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(string(list)) {
		if ours[name] || strings.Contains(name, "/") {
			continue
		}
		if err := os.Symlink("busybox", filepath.Join(b.root, "bin", name)); err != nil {
			return fmt.Errorf("link %s: %w", name, err)
		}
	}
	return nil
}
