package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// debian is Debian 12 as its cloud images are: cloud-init, OpenSSH, the guest
// agent, networkd and the small kernel. It boots by the links that the kernel's
// package keeps in /, so that the guest may upgrade its kernel.
var debian = kind{
	layout: layout{
		size: 3 << 30, label: "dbc-debian", journalMiB: 64,
		boot: `linux /vmlinuz root=LABEL=dbc-debian ro console=tty0 console=ttyS0,115200 net.ifnames=0 tsc=reliable no_timer_check panic=5
initrd /initrd.img
`,
	},
	steps: []step{
		{"fetch GRUB", func(b *builder, ctx context.Context) error { return b.fetchPackages(ctx, bootTools, nil) }},
		{"install Debian", (*builder).bootstrap},
		{"unpack it", func(b *builder, _ context.Context) error { return b.unpack(b.tarball()) }},
		{"configure it", (*builder).configure},
		{"make the disk", (*builder).makeDisk},
	},
}

var debianPackages = []string{
	"systemd-sysv", "systemd-resolved", "libpam-systemd", "dbus", "udev", "kmod", "linux-image-cloud-amd64", "initramfs-tools", "zstd",
	"cloud-init", "cloud-guest-utils", "e2fsprogs", "fdisk", "openssh-server", "qemu-guest-agent", "sudo", "iproute2", "iputils-ping",
	"procps", "ca-certificates", "curl", "less", "nano",
}

// leftOut of the packages: what a machine that people rent by the hour can do without.
var leftOut = []string{"/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*"}

func (b *builder) tarball() string { return filepath.Join(b.work, "debian.tar") }

// bootstrap lets mmdebstrap install Debian into a tarball, as root or in a user
// namespace. Packages come from Debian, checked by its archive's keys, whatever
// distribution this is.
func (b *builder) bootstrap(ctx context.Context) error {
	args := []string{
		"--variant=minbase", "--include=" + strings.Join(debianPackages, ","),
		`--aptopt=Apt::Install-Recommends "false"`, `--aptopt=Acquire::Languages "none"`,
		// The target is thrown away after a crash, so nothing needs to be on disk.
		"--dpkgopt=force-unsafe-io",
	}
	for _, path := range leftOut {
		args = append(args, "--dpkgopt=path-exclude="+path)
	}
	return runIn(ctx, b.work, []string{"TMPDIR=" + b.work}, "mmdebstrap", append(args, "bookworm", b.tarball())...)
}

// debianFiles are the whole configuration beside the packages'; the seed brings
// the rest.
var debianFiles = map[string]string{
	"etc/fstab":    "LABEL=dbc-debian / ext4 rw,discard,errors=remount-ro 0 1\n",
	"etc/hostname": "debian\n",
	// A machine id of its own comes at the first boot.
	"etc/machine-id": "",
	"etc/cloud/cloud.cfg.d/90_dbc.cfg": `# The seed of the node is the only source. What it can't ask for is not run:
# under emulation every module costs a second. The password is set before sshd starts.
datasource_list: [NoCloud, None]
locale: C.UTF-8
cloud_init_modules: [seed_random, growpart, resizefs, set_hostname, update_hostname, update_etc_hosts, users-groups, ssh, set-passwords]
cloud_config_modules: []
cloud_final_modules: [final-message]
`,
}

// debianLinks enable units, or mask them by /dev/null.
var debianLinks = map[string]string{
	"etc/systemd/system/multi-user.target.wants/systemd-networkd.service": "/lib/systemd/system/systemd-networkd.service",
	"etc/systemd/system/sockets.target.wants/systemd-networkd.socket":     "/lib/systemd/system/systemd-networkd.socket",
	// The seed's address needs no waiting for.
	"etc/systemd/system/systemd-networkd-wait-online.service": "/dev/null",
	// Updates are the renter's to start.
	"etc/systemd/system/apt-daily.timer":         "/dev/null",
	"etc/systemd/system/apt-daily-upgrade.timer": "/dev/null",
}

func (b *builder) configure(context.Context) error {
	// Whoever has the image would know them.
	keys, err := filepath.Glob(filepath.Join(b.root, "etc/ssh/ssh_host_*"))
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := os.Remove(key); err != nil {
			return err
		}
	}
	for name, content := range debianFiles {
		if err := os.WriteFile(filepath.Join(b.root, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	for name, target := range debianLinks {
		path := filepath.Join(b.root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.Symlink(target, path); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	for _, link := range []string{"vmlinuz", "initrd.img"} {
		if _, err := os.Stat(filepath.Join(b.root, link)); err != nil {
			return fmt.Errorf("the kernel's package left no link: %w", err)
		}
	}
	return nil
}
