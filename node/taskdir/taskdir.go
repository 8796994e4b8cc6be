// Package taskdir keeps the files of virtual machines, each VM's in a folder of
// its own: system disk, data disks, seed and console log. Every method may be
// repeated; what is so already is no error.
//
// The folders can be entered by QEMU's user but not listed, and hold nothing
// else. Names come from requests, so each is checked before it becomes a path.
package taskdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/image"
)

// The files of a VM.
const (
	System  = "system.qcow2"
	Seed    = "seed.iso"
	Console = "console.log"
	// NVRAM are the firmware's variables of a VM that boots by UEFI.
	NVRAM = "nvram.fd"
	// The sockets are in a folder of their own, which the driver makes and gives to
	// QEMU's user.
	TTY = "vnc/tty.sock"
	VNC = "vnc/vnc.sock"
	// RawDisk is how the files of data disks end: their format is never guessed.
	RawDisk = ".raw"
)

// MaxGiB is the largest size of one disk.
const MaxGiB = image.MaxVirtualSize >> 30

var (
	// ErrName means: a folder or disk can't have that name.
	ErrName = errors.New("not the name of a VM's file")
	// ErrSize means: no disk is that large.
	ErrSize = errors.New("too large for a disk")
)

var (
	folderName = regexp.MustCompile(`^[0-9A-Za-z]{20,22}$`)
	diskName   = regexp.MustCompile(`^vd[b-y]$`)
)

// CheckFolder is nil for the name of a VM's folder: 20 to 22 letters and digits,
// as the original's task ids are.
func CheckFolder(name string) error {
	if !folderName.MatchString(name) {
		return fmt.Errorf("%w: folder is %q, allowed: 20-22 letters and digits", ErrName, name)
	}
	return nil
}

// CheckDisk is nil for the name of a data disk, vdb to vdy.
func CheckDisk(name string) error {
	if !diskName.MatchString(name) {
		return fmt.Errorf("%w: disk is %q, allowed: vdb to vdy", ErrName, name)
	}
	return nil
}

func tooLarge(gib uint64) error {
	return fmt.Errorf("%w: size is %d GiB, allowed: at most %d", ErrSize, gib, MaxGiB)
}

// Dir is the folder of all VMs' folders in a node's data folder.
func Dir(data string) string { return filepath.Join(data, "tasks") }

// Store is the files of all VMs.
type Store struct {
	dir     string
	overlay Overlay
}

// Overlay makes a disk of size bytes at path on base, as image.Overlay does.
type Overlay func(ctx context.Context, base image.Image, path string, size int64) error

// Open is the store in a node's data folder; it makes nothing yet.
func Open(data string, overlay Overlay) *Store { return &Store{Dir(data), overlay} }

func (s *Store) path(folder, file string) (string, error) {
	if err := CheckFolder(folder); err != nil {
		return "", err
	}
	return filepath.Join(s.dir, folder, file), nil
}

// Claim says whose VM a folder is for.
type Claim struct {
	TaskID string
	RentID uint64
	// Wallet is the renter's.
	Wallet string
	// Proof is the renter's request to make the VM; nil where it was not signed as a whole.
	Proof *auth.Proof
}

// MakeSystem makes the folder and, in it, a system disk of so many GiB on base. Who
// may have it is the caller's to know.
func (s *Store) MakeSystem(ctx context.Context, folder string, _ Claim, base image.Image, gib uint64) error {
	path, err := s.path(folder, System)
	if err != nil {
		return err
	}
	if gib > MaxGiB {
		return tooLarge(gib)
	}
	for _, dir := range []string{s.dir, filepath.Dir(path)} {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	if err := s.overlay(ctx, base, path, int64(gib)<<30); err != nil {
		return fmt.Errorf("make the system disk: %w", err)
	}
	return nil
}

// TakeOver is nil where the system disk is there. Who may have it is the caller's
// to know.
func (s *Store) TakeOver(_ context.Context, folder string, _ Claim) error {
	path, err := s.path(folder, System)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err != nil {
		return fmt.Errorf("find the system disk: %w", err)
	}
	return nil
}

// SizeDisk grows a data disk of zeros to so many GiB, never shrinks it. One that
// is not there is made only where create says so.
func (s *Store) SizeDisk(_ context.Context, folder, name string, gib uint64, create bool) error {
	path, err := s.disk(folder, name)
	if err != nil {
		return err
	}
	if gib > MaxGiB {
		return tooLarge(gib)
	}
	flags := os.O_WRONLY | syscall.O_NOFOLLOW
	if create {
		flags |= os.O_CREATE
	}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return fmt.Errorf("open the data disk: %w", err)
	}
	info, err := file.Stat()
	if size := int64(gib) << 30; err == nil && info.Size() < size {
		err = file.Truncate(size)
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("size the data disk: %w", err)
	}
	return nil
}

// RemoveDisk deletes a data disk.
func (s *Store) RemoveDisk(_ context.Context, folder, name string) error {
	path, err := s.disk(folder, name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete the data disk: %w", err)
	}
	return nil
}

func (s *Store) disk(folder, name string) (string, error) {
	if err := CheckDisk(name); err != nil {
		return "", err
	}
	return s.path(folder, name+RawDisk)
}

// Remove deletes a VM's folder with all that is in it.
func (s *Store) Remove(_ context.Context, folder string) error {
	path, err := s.path(folder, "")
	if err != nil {
		return err
	}
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("delete the VM's folder: %w", err)
	}
	return nil
}

// Folders names every VM's folder that is there. What else is beside them is
// not named.
func (s *Store) Folders(context.Context) ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the VMs' folders: %w", err)
	}
	var list []string
	for _, entry := range entries {
		if CheckFolder(entry.Name()) == nil {
			list = append(list, entry.Name())
		}
	}
	return list, nil
}

// WrittenGiB is what a VM's disks take, rounded down; a folder that is not there
// takes nothing.
func (s *Store) WrittenGiB(_ context.Context, folder string) (uint64, error) {
	path, err := s.path(folder, System)
	if err != nil {
		return 0, err
	}
	paths, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"+RawDisk))
	if err != nil {
		return 0, fmt.Errorf("list the data disks: %w", err)
	}
	var blocks int64
	for _, path := range append(paths, path) {
		info, err := os.Lstat(path)
		if err != nil {
			continue
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok {
			blocks += stat.Blocks
		}
	}
	return uint64(blocks) * 512 >> 30, nil
}
