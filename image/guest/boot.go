//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// rootLabel is the ext4 label that image/build gives the root.
	rootLabel = "dbc-tiny"
	newRoot   = "/newroot"
	deviceMax = 10 * time.Second
)

// boot returns only with an error. The kernel then panics, and its command line
// makes it restart.
func boot(ctx context.Context) error {
	began := time.Now()
	if err := mountKernel(); err != nil {
		return err
	}
	loadModules("/modules/first")
	root, err := waitForDisk(rootLabel, ext4Label, deviceMax)
	if err != nil {
		return err
	}
	sectors, err := growPartition(root)
	if err != nil {
		logf("root stays as it is: %v", err)
	}
	if err := switchRoot(root); err != nil {
		return err
	}
	if err := growFileSystem("/", sectors); err != nil {
		logf("root stays as it is: %v", err)
	}
	s := &supervisor{children: map[int]service{}}
	// Do this before anything shows that the guest is up and someone may want
	// to turn it off.
	s.watchPower()
	// A guest without a usable seed still shows the reason on its console, and
	// still responds to the agent and the power button.
	if err := setUp(ctx, s); err != nil {
		logf("seed: %v", err)
	}
	s.add(agent())
	announce(began)
	s.add(login())
	return s.run()
}

func mountKernel() error {
	for _, m := range []struct{ source, target, kind, options string }{
		{"dev", "/dev", "devtmpfs", "mode=0755"},
		{"proc", "/proc", "proc", ""},
		{"sys", "/sys", "sysfs", ""},
	} {
		if err := mount(m.source, m.target, m.kind, 0, m.options); err != nil && !errors.Is(err, unix.EBUSY) {
			return err
		}
	}
	// The kernel opened the console before /dev was mounted, if at all.
	console, err := unix.Open("/dev/console", unix.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return fmt.Errorf("open console: %w", err)
	}
	for fd := range 3 {
		if console != fd {
			if err := unix.Dup2(console, fd); err != nil {
				return fmt.Errorf("open console: %w", err)
			}
		}
	}
	return nil
}

// switchRoot makes root the root, as switch_root does but without a second
// program: this one continues. The initramfs is emptied to free its memory.
func switchRoot(root string) error {
	if err := mount(root, newRoot, "ext4", unix.MS_NOATIME, ""); err != nil {
		return err
	}
	for _, dir := range []string{"/dev", "/proc", "/sys"} {
		if err := mount(dir, newRoot+dir, "", unix.MS_MOVE, ""); err != nil {
			return err
		}
	}
	if err := errors.Join(os.RemoveAll("/modules"), os.Remove("/init")); err != nil {
		logf("empty initramfs: %v", err)
	}
	if err := os.Chdir(newRoot); err != nil {
		return fmt.Errorf("enter root: %w", err)
	}
	if err := mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return err
	}
	if err := unix.Chroot("."); err != nil {
		return fmt.Errorf("enter root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return fmt.Errorf("enter root: %w", err)
	}
	const plain = unix.MS_NOSUID | unix.MS_NODEV
	for _, m := range []struct {
		target, kind string
		flags        uintptr
		options      string
	}{
		{"/run", "tmpfs", plain, "mode=0755,size=16m"},
		{"/tmp", "tmpfs", plain, "mode=1777"},
		{"/dev/pts", "devpts", unix.MS_NOSUID, "gid=5,mode=620"},
		{"/dev/shm", "tmpfs", plain, "mode=1777"},
	} {
		if err := mount(m.kind, m.target, m.kind, m.flags, m.options); err != nil {
			return err
		}
	}
	return os.Setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
}

func mount(source, target, kind string, flags uintptr, options string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	if err := unix.Mount(source, target, kind, flags, options); err != nil {
		return fmt.Errorf("mount %s on %s: %w", source, target, err)
	}
	return nil
}

// logf writes a line to the serial console. The text never contains a secret.
func logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "tiny: "+format+"\r\n", args...)
}
