// Package taskdir stores the files of virtual machines, each VM's in its own
// folder: system disk, data disks, seed and console log. Every method may be
// repeated; it is not an error if its effect is already there.
//
// QEMU's user can traverse the folders but not list them, and they contain nothing
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

	"github.com/dbc-network/dbc/image"
)

// The files of a VM.
const (
	System  = "system.qcow2"
	Seed    = "seed.iso"
	Console = "console.log"
	// NVRAM contains the firmware's variables of a VM that boots by UEFI.
	NVRAM = "nvram.fd"
	// The sockets are in a separate folder, which the driver creates and gives
	// to QEMU's user.
	TTY = "vnc/tty.sock"
	VNC = "vnc/vnc.sock"
	// RawDisk is the extension of data disks: their format is never guessed.
	RawDisk = ".raw"
)

// MaxGiB is the largest size of one disk.
const MaxGiB = image.MaxVirtualSize >> 30

var (
	// ErrName means that a folder or disk cannot have that name.
	ErrName = errors.New("not the name of a VM's file")
	// ErrSize means that a disk cannot be that large.
	ErrSize = errors.New("too large for a disk")
)

var (
	folderName = regexp.MustCompile(`^[0-9A-Za-z]{20,22}$`)
	diskName   = regexp.MustCompile(`^vd[b-y]$`)
)

// CheckFolder returns nil for a valid name of a VM's folder: 20 to 22 letters
// and digits, like the original task ids.
func CheckFolder(name string) error {
	if !folderName.MatchString(name) {
		return fmt.Errorf("%w: folder is %q, allowed: 20-22 letters and digits", ErrName, name)
	}
	return nil
}

// CheckDisk returns nil for a valid name of a data disk, vdb to vdy.
func CheckDisk(name string) error {
	if !diskName.MatchString(name) {
		return fmt.Errorf("%w: disk is %q, allowed: vdb to vdy", ErrName, name)
	}
	return nil
}

func tooLarge(gib uint64) error {
	return fmt.Errorf("%w: size is %d GiB, allowed: at most %d", ErrSize, gib, MaxGiB)
}

// Dir returns the folder with all VMs' folders below a node's data folder.
func Dir(data string) string { return filepath.Join(data, "tasks") }

// Store manages the files of all VMs.
type Store struct {
	dir     string
	overlay Overlay
}

// Overlay creates a disk of size bytes at path on base, like image.Overlay.
type Overlay func(ctx context.Context, base image.Image, path string, size int64) error

// Open returns the store in a node's data folder. It creates nothing yet.
func Open(data string, overlay Overlay) *Store { return &Store{Dir(data), overlay} }

func (s *Store) path(folder, file string) (string, error) {
	if err := CheckFolder(folder); err != nil {
		return "", err
	}
	return filepath.Join(s.dir, folder, file), nil
}

// MakeSystem creates the folder and in it a system disk of gib GiB on base. The
// caller has to check who may have it.
func (s *Store) MakeSystem(ctx context.Context, folder string, base image.Image, gib uint64) error {
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

// FindSystem returns nil if the system disk exists.
func (s *Store) FindSystem(folder string) error {
	path, err := s.path(folder, System)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err != nil {
		return fmt.Errorf("find the system disk: %w", err)
	}
	return nil
}

// SizeDisk grows a data disk of zeros to gib GiB and never shrinks it. A
// missing one is created only if create is set.
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

// Folders returns the names of all existing VM folders. Other files next to
// them are ignored.
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

// Exists reports whether a VM's folder exists.
func (s *Store) Exists(folder string) (bool, error) {
	path, err := s.path(folder, "")
	if err != nil {
		return false, err
	}
	switch _, err := os.Lstat(path); {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, fmt.Errorf("look for the VM's folder: %w", err)
	}
}
