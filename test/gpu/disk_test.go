package gpu

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// systemPackages are what a compute node needs of this system; what they depend
// on comes with them.
var systemPackages = []string{
	"systemd", "systemd-sysv", "udev", "dbus", "kmod", "util-linux", "login", "procps", "iproute2", "nftables",
	"libvirt-daemon-system", "libvirt-clients", "qemu-system-x86", "qemu-utils", "ovmf",
}

// settings of this system below /etc that are no package's.
var settings = []string{"passwd", "group", "shadow", "gshadow", "ld.so.cache", "alternatives"}

var (
	// kernels are metapackages of the distributions' small kernels; the first that
	// is known is taken. kernelFiles are those of what they depend on that matter.
	kernels     = []string{"linux-image-cloud-amd64", "linux-image-virtual"}
	kernelFiles = regexp.MustCompile(`^linux-(image|modules)-[0-9]`)
	// rootModules are the drivers of the root disk, where the kernel has them not
	// built in.
	rootModules = []string{"nvme", "ext4", "crc32c_generic"}
)

// parts are what an emulated computer starts from.
type parts struct{ kernel, initrd, disk string }

// assemble makes them in dir: this system's kernel package, and a disk with those
// of this system's files that a compute node needs, and its operator's wallet.
func assemble(t *testing.T, dir, operator string) parts {
	t.Helper()
	tree := filepath.Join(dir, "tree")
	must(t, os.Mkdir(tree, 0o755))
	copySystem(t, tree)
	fetchKernel(t, dir, tree)
	images, err := filepath.Glob(filepath.Join(tree, "boot/vmlinuz-*"))
	must(t, err)
	if len(images) != 1 {
		t.Fatalf("want one kernel, found %q", images)
	}
	p := parts{filepath.Join(dir, "vmlinuz"), filepath.Join(dir, "initrd"), filepath.Join(dir, "disk")}
	must(t, os.Rename(images[0], p.kernel))
	release := strings.TrimPrefix(filepath.Base(images[0]), "vmlinuz-")
	command(t, "depmod", "-b", tree, release)
	furnish(t, tree)
	command(t, "cp", "-r", filepath.Join(operator, "keys"), filepath.Join(tree, "etc/dbc/keys"))
	makeInitrd(t, p.initrd, tree, release)
	command(t, "truncate", "-s", "64G", p.disk) // most of it is reserved for guests and never written
	command(t, "mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-N", "131072", "-E", "lazy_itable_init=0", "-d", tree, p.disk)
	must(t, os.RemoveAll(tree))
	return p
}

// copySystem copies the files of packages, and this system's settings.
func copySystem(t *testing.T, tree string) {
	t.Helper()
	for _, name := range []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32"} {
		if to, err := os.Readlink("/" + name); err == nil {
			must(t, os.Symlink(to, filepath.Join(tree, name)))
		}
	}
	args := []string{"depends", "--recurse", "--installed", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances"}
	names := slices.Clone(systemPackages)
	for line := range strings.Lines(command(t, "dpkg-query", "-W", "-f", "${binary:Package} ${Essential}\n")) {
		if name, ok := strings.CutSuffix(strings.TrimSpace(line), " yes"); ok {
			names = append(names, name)
		}
	}
	for line := range strings.Lines(command(t, "apt-cache", append(args, names...)...)) {
		if line[0] != ' ' && line[0] != '<' {
			names = append(names, strings.TrimSpace(line))
		}
	}
	var installed []string
	for line := range strings.Lines(output(t, "dpkg-query", append([]string{"-W", "-f", "${binary:Package} ${db:Status-Status}\n"}, names...)...)) {
		if name, ok := strings.CutSuffix(strings.TrimSpace(line), " installed"); ok {
			installed = append(installed, name)
		}
	}
	for _, want := range systemPackages {
		if !slices.ContainsFunc(installed, func(name string) bool { return name == want || strings.HasPrefix(name, want+":") }) {
			t.Fatalf("the package %s is not installed; scripts/setup.sh does it", want)
		}
	}
	seen := map[string]bool{}
	for path := range strings.Lines(command(t, "dpkg", append([]string{"-L"}, installed...)...)) {
		path = strings.TrimSpace(path)
		if seen[path] || !filepath.IsAbs(path) || strings.HasPrefix(path, "/usr/share/doc/") || strings.HasPrefix(path, "/usr/share/man/") {
			continue
		}
		seen[path] = true
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if errors.Is(err, fs.ErrNotExist) {
			continue // left out by this system's dpkg
		}
		must(t, err)
		must(t, copyFile(filepath.Join(dir, filepath.Base(path)), tree))
	}
	must(t, copyFile("/usr/bin/sh", tree)) // no package's by name
	for _, name := range settings {
		must(t, filepath.WalkDir(filepath.Join("/etc", name), func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return copyFile(path, tree)
		}))
	}
	for _, name := range []string{"systemd/system", "resolv.conf", "fstab", "modules-load.d"} {
		must(t, os.RemoveAll(filepath.Join(tree, "etc", name)))
	}
}

// copyFile copies one entry to the same place below tree, as it is here. One that
// is not here, or is there already, is left out.
func copyFile(path, tree string) error {
	info, err := os.Lstat(path)
	to := filepath.Join(tree, path)
	if _, there := os.Lstat(to); err != nil || there == nil {
		return nil
	}
	if path != "/" {
		if err := copyFile(filepath.Dir(path), tree); err != nil {
			return err
		}
	}
	switch info.Mode().Type() {
	case fs.ModeDir:
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
	case fs.ModeSymlink:
		link, err := os.Readlink(path)
		if err != nil {
			return err
		}
		return os.Symlink(link, to)
	case 0:
		from, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = from.Close() }()
		file, err := os.Create(to)
		if err != nil {
			return err
		}
		_, err = io.Copy(file, from)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	default:
		return nil
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		if err := os.Lchown(to, int(owner.Uid), int(owner.Gid)); err != nil {
			return err
		}
	}
	return os.Chmod(to, info.Mode())
}

// fetchKernel unpacks the distribution's small kernel.
func fetchKernel(t *testing.T, dir, tree string) {
	t.Helper()
	var wanted []string
	for _, meta := range kernels {
		for name := range strings.FieldsSeq(output(t, "apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests", meta)) {
			if kernelFiles.MatchString(name) && !strings.Contains(name, "unsigned") && !slices.Contains(wanted, name) {
				wanted = append(wanted, name)
			}
		}
		if len(wanted) > 0 {
			break
		}
	}
	if len(wanted) == 0 {
		t.Fatalf("apt knows none of %q; are its lists fetched?", kernels)
	}
	debs := filepath.Join(dir, "debs")
	must(t, os.Mkdir(debs, 0o755))
	cmd := exec.Command("apt-get", append([]string{"-qq", "-o", "APT::Sandbox::User=root", "download"}, wanted...)...)
	cmd.Dir = debs
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("download %q: %v: %s", wanted, err, said)
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	must(t, err)
	unpacked := filepath.Join(dir, "kernel")
	for _, file := range files {
		command(t, "dpkg-deb", "-x", file, unpacked)
	}
	// Through the tree's own links, which tar of dpkg-deb would replace.
	must(t, os.RemoveAll(filepath.Join(tree, "boot")))
	must(t, os.Rename(filepath.Join(unpacked, "boot"), filepath.Join(tree, "boot")))
	for _, lib := range []string{"lib", "usr/lib"} {
		if modules := filepath.Join(unpacked, lib, "modules"); exists(modules) {
			must(t, os.Rename(modules, filepath.Join(tree, "lib/modules")))
		}
	}
	must(t, errors.Join(os.RemoveAll(debs), os.RemoveAll(unpacked)))
}

// furnish adds what is this project's, and what has to be otherwise than here.
func furnish(t *testing.T, tree string) {
	t.Helper()
	for _, name := range []string{
		"dev", "proc", "sys", "run", "tmp", "root", "home", "var/tmp", "var/log/journal", "var/lib/dbc/images", "etc/systemd/system/sysinit.target.wants",
		"etc/initramfs-tools/scripts/init-top", "usr/local/sbin", "etc/dbc",
	} {
		must(t, os.MkdirAll(filepath.Join(tree, name), 0o755))
	}
	for _, name := range []string{"tmp", "var/tmp"} {
		must(t, os.Chmod(filepath.Join(tree, name), 0o1777|os.ModeSticky))
	}
	if !exists(filepath.Join(tree, "var/run")) {
		must(t, os.Symlink("/run", filepath.Join(tree, "var/run")))
	}
	for name, text := range map[string]string{
		"etc/machine-id": "b5a3c1e09d7f4a60912d6f3b8c1e4d20\n", "etc/hostname": "computer\n", "etc/hosts": "127.0.0.1 localhost computer\n",
		"etc/fstab": "", "etc/systemd/system/inside.service": insideUnit,
	} {
		must(t, os.WriteFile(filepath.Join(tree, name), []byte(text), 0o644))
	}
	must(t, os.WriteFile(filepath.Join(tree, "etc/dbc/passphrase"), []byte(passphrase+"\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(tree, "usr/bin/nvidia-smi"), []byte(nvidiaSMI()), 0o755))
	must(t, os.WriteFile(filepath.Join(tree, "usr/local/sbin/update-initramfs"), []byte(updateInitramfs), 0o755))
	must(t, os.Symlink("../inside.service", filepath.Join(tree, "etc/systemd/system/sysinit.target.wants/inside.service")))
	// Nobody looks at a screen, and nothing is to be done by the clock.
	for _, unit := range []string{
		"getty.target", "systemd-hwdb-update.service", "ldconfig.service", "systemd-update-utmp.service", "apt-daily.timer", "apt-daily-upgrade.timer",
		"dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer", "man-db.timer", "logrotate.timer", "systemd-timesyncd.service", "systemd-random-seed.service",
		"systemd-binfmt.service", "systemd-logind.service", "proc-sys-fs-binfmt_misc.automount", "systemd-update-done.service", "libvirt-guests.service",
	} {
		_ = os.Remove(filepath.Join(tree, "etc/systemd/system", unit))
		must(t, os.Symlink("/dev/null", filepath.Join(tree, "etc/systemd/system", unit)))
	}
	for from, to := range map[string]string{
		repository + "/bin/dbc": "usr/local/bin/dbc", repository + "/bin/dbc-helper": "usr/local/bin/dbc-helper",
		repository + "/build/images/tiny.qcow2": "var/lib/dbc/images/tiny.qcow2",
	} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(tree, to)), 0o755))
		command(t, "cp", from, filepath.Join(tree, to))
	}
	command(t, "cp", self(t), filepath.Join(tree, inside))
	units, err := filepath.Glob(repository + "/deploy/systemd/*.service")
	must(t, err)
	command(t, "cp", append(units, filepath.Join(tree, "etc/systemd/system"))...)
	for from, to := range map[string]string{"dbc.sysusers": "etc/sysusers.d/dbc.conf", "dbc.tmpfiles": "etc/tmpfiles.d/dbc.conf"} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(tree, to)), 0o755))
		command(t, "cp", repository+"/deploy/systemd/"+from, filepath.Join(tree, to))
	}
	// libvirt asks every emulator for its abilities, which takes long here.
	_ = os.Remove(filepath.Join(tree, "usr/bin/qemu-system-i386"))
}

// inside is where this program is on the emulated computer.
const inside = "usr/local/bin/gpu.test"

func self(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	must(t, err)
	return program
}

// updateInitramfs stands for initramfs-tools: the first process runs what it keeps.
const updateInitramfs = `#!/bin/sh
[ "$*" = "-u -k all" ] || exit 2
rm -rf /boot/init-top && cp -a /etc/initramfs-tools/scripts/init-top /boot/init-top
`

// insideUnit is there from early on, so that a computer that hangs can be asked.
const insideUnit = `[Unit]
DefaultDependencies=no
After=systemd-tmpfiles-setup-dev.service
[Service]
ExecStart=/usr/local/bin/gpu.test serve /dev/ttyS1
`

// makeInitrd has the first process, the modules that the root disk needs, and
// what cards are to look like.
func makeInitrd(t *testing.T, path, tree, release string) {
	t.Helper()
	root := filepath.Join(filepath.Dir(path), "first")
	for _, name := range []string{
		"dev", "proc", "sys", "run", "newroot", "modules",
	} {
		must(t, os.MkdirAll(filepath.Join(root, name), 0o755))
	}
	command(t, "cp", self(t), filepath.Join(root, "init"))
	for word := range strings.FieldsSeq(output(t, "ldd", self(t))) {
		if filepath.IsAbs(word) { // a library, where this program is linked with some
			must(t, os.MkdirAll(filepath.Join(root, filepath.Dir(word)), 0o755))
			command(t, "cp", "-L", word, filepath.Join(root, word))
		}
	}
	must(t, os.WriteFile(filepath.Join(root, "paint"), []byte(covers()), 0o644))
	n := 0
	for _, name := range rootModules {
		for line := range strings.Lines(output(t, "modprobe", "-d", tree, "-S", release, "--show-depends", name)) {
			w := strings.Fields(line)
			if len(w) < 2 || w[0] != "insmod" {
				continue // built in
			}
			must(t, os.WriteFile(filepath.Join(root, "modules", fmt.Sprintf("%02d-%s.ko", n, name)), readModule(t, w[1]), 0o644))
			n++
		}
	}
	var list strings.Builder
	must(t, filepath.WalkDir(root, func(at string, _ fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, at)
		list.WriteString(name + "\x00")
		return err
	}))
	cpio := exec.Command("cpio", "--quiet", "-0", "-o", "-H", "newc")
	cpio.Dir, cpio.Stdin = root, strings.NewReader(list.String())
	file, err := os.Create(path)
	must(t, err)
	cpio.Stdout = file // unpacking takes the emulated computer longer than reading
	must(t, errors.Join(cpio.Run(), file.Close(), os.RemoveAll(root)))
}

// readModule unpacks: Debian 13 has .ko.xz, Ubuntu .ko.zst.
func readModule(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	must(t, err)
	defer func() { _ = file.Close() }()
	var r io.Reader = file
	switch filepath.Ext(path) {
	case ".xz":
		r, err = xz.NewReader(file)
	case ".zst":
		r, err = zstd.NewReader(file)
	}
	must(t, err)
	image, err := io.ReadAll(r)
	must(t, err)
	return image
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// command runs a program of this computer.
func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		t.Fatalf("%s: %v: %s", name, err, exit.Stderr)
	}
	must(t, err)
	return string(out)
}

// output is what a program says that may know nothing.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out)
}
