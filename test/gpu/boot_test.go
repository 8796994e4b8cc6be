package gpu

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	rootDisk = "/dev/nvme0n1"
	newRoot  = "/newroot"
	devices  = "/sys/bus/pci/devices"
)

// TestMain is also what the emulated computer runs of this program: its first
// process, and a shell on a serial line.
func TestMain(m *testing.M) {
	var err error
	switch {
	case os.Getpid() == 1:
		err = boot()
	case len(os.Args) == 3 && os.Args[1] == "serve":
		err = serve(os.Args[2])
	case len(os.Args) == 2 && os.Args[1] == "believes":
		if err = believe(); err == nil {
			return
		}
	case len(os.Args) > 2 && os.Args[1] == "node":
		if err = askHelper(os.Args[2:]); err == nil {
			return
		}
	default:
		os.Exit(m.Run())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// boot goes on with systemd on the root disk, on a computer whose cards say that
// they are of vendors that make some.
func boot() error {
	for _, m := range []struct{ kind, at string }{{"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"}, {"tmpfs", "/run"}} {
		if err := mount(m.kind, m.at, m.kind, 0); err != nil {
			return err
		}
	}
	if err := loadModules(); err != nil {
		return err
	}
	if err := paint("/paint"); err != nil {
		return err
	}
	if err := awaitRootDisk(); err != nil {
		return err
	}
	if err := mount(rootDisk, newRoot, "ext4", unix.MS_NOATIME); err != nil {
		return err
	}
	for _, at := range []string{"/dev", "/proc", "/sys", "/run"} {
		if err := mount(at, newRoot+at, "", unix.MS_MOVE); err != nil {
			return err
		}
	}
	if err := os.Chdir(newRoot); err != nil {
		return err
	}
	if err := mount(".", "/", "", unix.MS_MOVE); err != nil {
		return err
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := runHooks("/boot/init-top"); err != nil {
		return err
	}
	return unix.Exec("/lib/systemd/systemd", []string{"systemd", "--log-target=journal"}, []string{"PATH=/usr/sbin:/usr/bin"})
}

// awaitRootDisk waits up to a minute for the kernel to find the root disk.
func awaitRootDisk() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(rootDisk); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("there is no %s", rootDisk)
		}
	}
}

func mount(from, at, kind string, flags uintptr) error {
	if err := unix.Mount(from, at, kind, flags, ""); err != nil {
		return fmt.Errorf("mount %s at %s: %w", from, at, err)
	}
	return nil
}

// runHooks runs what the root disk has for an initramfs, where initramfs-tools
// would: before any module that a device asks for is loaded.
func runHooks(dir string) error {
	hooks, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return err
	}
	for _, hook := range hooks {
		if said, err := exec.Command("/bin/sh", hook).CombinedOutput(); err != nil {
			return fmt.Errorf("run %s: %w: %s", hook, err, said)
		}
	}
	return nil
}

// loadModules loads what the root disk needs, in the order of the files' names.
func loadModules() error {
	files, err := filepath.Glob("/modules/*.ko")
	if err != nil {
		return err
	}
	slices.Sort(files)
	for _, name := range files {
		image, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := unix.InitModule(image, ""); err != nil {
			return fmt.Errorf("load %s: %w", name, err)
		}
	}
	return nil
}

// paint covers identifying attributes of functions in sysfs. A line of its file
// is: address, the ids that the kernel reads there, attribute, new content. Only
// programs see it: kernel, drivers and guests know the real ids.
func paint(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := os.Mkdir("/run/paint", 0o755); err != nil {
		return err
	}
	lines := bufio.NewScanner(f)
	for n := 0; lines.Scan(); n++ {
		w := strings.Fields(lines.Text())
		if len(w) != 4 {
			return fmt.Errorf("%q: want four words", lines.Text())
		}
		at, err := filepath.EvalSymlinks(filepath.Join(devices, w[0]))
		if err != nil {
			return fmt.Errorf("paint: %w", err)
		}
		uevent, err := os.ReadFile(filepath.Join(at, "uevent"))
		if err != nil {
			return fmt.Errorf("paint %s: %w", w[0], err)
		}
		if !strings.Contains(string(uevent), "PCI_ID="+w[1]+"\n") {
			return fmt.Errorf("paint %s: it is %q, want %s", w[0], uevent, w[1])
		}
		cover := fmt.Sprintf("/run/paint/%d", n)
		if err := os.WriteFile(cover, []byte(w[3]+"\n"), 0o444); err != nil {
			return err
		}
		if err := mount(cover, filepath.Join(at, w[2]), "", unix.MS_BIND); err != nil {
			return err
		}
	}
	return lines.Err()
}
