package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// system is what an image of a distribution is made of.
type system struct {
	// suite is the release's name; sources are lines of sources.list, without which
	// mmdebstrap knows the archive, and keyring the file that signs it.
	suite   string
	sources []string
	keyring string
	// packages are what is installed, with their dependencies.
	packages []string
	// kept are parts of the documentation that the image keeps.
	kept []string
	// files are written at last, and links made beside those of all.
	files map[string]string
	// kernel are links to kernel and initramfs that the image boots through.
	kernel []string
	// driver is the package whose version is that of NVIDIA's driver, "" without one.
	driver string
}

// distroSteps make an image of a distribution.
var distroSteps = []step{
	{"fetch GRUB", func(b *builder, ctx context.Context) error { return b.fetchPackages(ctx, bootTools, nil) }},
	{"install the distribution", (*builder).bootstrap},
	{"unpack it", func(b *builder, _ context.Context) error { return b.unpack(b.tarball()) }},
	{"configure it", (*builder).configure},
	{"make the disk", (*builder).makeDisk},
}

// leftOut are parts of packages that a VM rented by the hour does not need.
var leftOut = []string{"/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*"}

func (b *builder) tarball() string { return filepath.Join(b.work, "system.tar") }

// bootstrap runs mmdebstrap to install the distribution into a tarball, as root or
// in a user namespace. Packages come from its archive and are verified with its
// keys, whatever distribution this is.
func (b *builder) bootstrap(ctx context.Context) error {
	s := b.system
	args := []string{
		"--variant=minbase", "--include=" + strings.Join(s.packages, ","),
		`--aptopt=Apt::Install-Recommends "false"`, `--aptopt=Acquire::Languages "none"`,
		// The target is discarded after a crash, so nothing needs to be synced.
		"--dpkgopt=force-unsafe-io",
	}
	for _, path := range leftOut {
		args = append(args, "--dpkgopt=path-exclude="+path)
	}
	for _, path := range s.kept {
		args = append(args, "--dpkgopt=path-include="+path)
	}
	if s.keyring != "" {
		args = append(args, "--keyring="+s.keyring)
	}
	args = append(append(args, s.suite, b.tarball()), s.sources...)
	if err := runIn(ctx, b.work, []string{"TMPDIR=" + b.work}, "mmdebstrap", args...); err != nil {
		return fmt.Errorf("%w: %w", ErrPackages, complaints(err))
	}
	return nil
}

// complaint begins a line in which apt, dpkg or what a package runs tells of a fault.
var complaint = regexp.MustCompile(`^(E: |Err:|dpkg: error|Error[ !:]| installed .* returned error)`)

// complaints returns what apt and mmdebstrap complain of: they tell all else that
// they do as well, hundreds of lines.
func complaints(err error) error {
	var list []string
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSpace(line)
		if complaint.MatchString(line) && len(line) < 500 && len(list) < 20 {
			list = append(list, line)
		}
	}
	if len(list) == 0 {
		return err
	}
	return errors.New(strings.Join(list, "\n"))
}

// distroFiles are all configuration files besides those of packages, of a system on
// the file system with that label; the seed provides the rest.
func distroFiles(label, hostname, cloud string) map[string]string {
	return map[string]string{
		"etc/fstab":    "LABEL=" + label + " / ext4 rw,discard,errors=remount-ro 0 1\n",
		"etc/hostname": hostname + "\n",
		// The first boot creates a unique machine id.
		"etc/machine-id": "",
		"etc/cloud/cloud.cfg.d/90_dbc.cfg": `# The seed of the node is the only source. What it can't ask for is not run:
# under emulation every module costs a second. The password is set before sshd starts.
datasource_list: [NoCloud, None]
locale: C.UTF-8
cloud_init_modules: [seed_random, growpart, resizefs, set_hostname, update_hostname, update_etc_hosts, users-groups, ssh, set-passwords]
cloud_config_modules: []
cloud_final_modules: [final-message]
` + cloud,
	}
}

// distroLinks enable units, or mask them with /dev/null.
var distroLinks = map[string]string{
	"etc/systemd/system/multi-user.target.wants/systemd-networkd.service": "/lib/systemd/system/systemd-networkd.service",
	"etc/systemd/system/sockets.target.wants/systemd-networkd.socket":     "/lib/systemd/system/systemd-networkd.socket",
	// The seed's address is static, so there is nothing to wait for.
	"etc/systemd/system/systemd-networkd-wait-online.service": "/dev/null",
	// The renter decides when to update.
	"etc/systemd/system/apt-daily.timer":         "/dev/null",
	"etc/systemd/system/apt-daily-upgrade.timer": "/dev/null",
}

func (b *builder) configure(context.Context) error {
	// Everybody with the image would know them.
	keys, err := filepath.Glob(filepath.Join(b.root, "etc/ssh/ssh_host_*"))
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := os.Remove(key); err != nil {
			return err
		}
	}
	for name, content := range b.system.files {
		if err := os.WriteFile(filepath.Join(b.root, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	for name, target := range distroLinks {
		path := filepath.Join(b.root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.Symlink(target, path); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	for _, link := range b.system.kernel {
		if _, err := os.Stat(filepath.Join(b.root, link)); err != nil {
			return fmt.Errorf("the kernel's package left no link: %w", err)
		}
	}
	return nil
}
