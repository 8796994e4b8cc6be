//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/image/gpt"
)

const (
	sysBlock = "/sys/class/block"
	pollStep = 5 * time.Millisecond

	ext4ResizeFS = 0x40086610 // EXT4_IOC_RESIZE_FS: _IOW('f', 16, __u64)
	ext4Block    = 4096       // as image/build creates it
)

// ext4Label and isoLabel read a volume's label from its superblock.
func ext4Label(f *os.File) string {
	var b [1024]byte
	if _, err := f.ReadAt(b[:], 1024); err != nil || b[56] != 0x53 || b[57] != 0xef {
		return ""
	}
	return string(bytes.TrimRight(b[120:136], "\x00"))
}

func isoLabel(f *os.File) string {
	var b [72]byte
	if _, err := f.ReadAt(b[:], 16*2048); err != nil || string(b[1:6]) != "CD001" {
		return ""
	}
	return strings.ToLower(strings.TrimRight(string(b[40:]), " \x00"))
}

// waitForDisk returns the block device with this label. Devices may appear
// while it looks.
func waitForDisk(label string, read func(*os.File) string, most time.Duration) (string, error) {
	var path string
	found := eventually(most, func() bool {
		path = findDisk(label, read)
		return path != ""
	})
	if !found {
		return "", fmt.Errorf("no disk with the label %s", label)
	}
	return path, nil
}

func findDisk(label string, read func(*os.File) string) string {
	names, _ := os.ReadDir(sysBlock)
	for _, name := range names {
		path := "/dev/" + name.Name()
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		found := read(f) == label
		_ = f.Close()
		if found {
			return path
		}
	}
	return ""
}

// eventually polls so until it returns true, for at most the given time. The
// first process of a system has no events to wait for: devices, sockets and
// programs appear without one.
func eventually(most time.Duration, so func() bool) bool {
	tick := time.NewTicker(pollStep)
	defer tick.Stop()
	for end := time.Now().Add(most); ; <-tick.C {
		if so() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// growPartition extends the root partition to the end of its disk, in the table
// and in the kernel, and returns its length in sectors. After a crash between
// the two the next boot reads the new table anyway.
func growPartition(partition string) (sectors uint64, err error) {
	// /sys/class/block/vda2 links to …/block/vda/vda2.
	link, err := os.Readlink(filepath.Join(sysBlock, filepath.Base(partition)))
	if err != nil {
		return 0, fmt.Errorf("find disk of %s: %w", partition, err)
	}
	name := filepath.Base(filepath.Dir(link))
	raw, err := os.ReadFile(filepath.Join(sysBlock, name, "size"))
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", name, err)
	}
	size, err := strconv.ParseUint(strings.TrimSpace(string(raw)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("size of %s: %w", name, err)
	}
	disk, err := os.OpenFile("/dev/"+name, os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("open disk: %w", err)
	}
	defer func() { _ = disk.Close() }()
	number, p, grown, err := gpt.GrowLast(disk, size)
	if err != nil {
		return 0, err
	}
	if !grown {
		return p.Last - p.First + 1, nil
	}
	if err := disk.Sync(); err != nil {
		return 0, fmt.Errorf("sync disk: %w", err)
	}
	return p.Last - p.First + 1, resizePartition(disk, number, p)
}

func resizePartition(disk *os.File, number int, p gpt.Partition) error {
	part := unix.BlkpgPartition{
		Start: int64(p.First * gpt.Sector), Length: int64((p.Last - p.First + 1) * gpt.Sector), Pno: int32(number),
	}
	arg := unix.BlkpgIoctlArg{
		Op: unix.BLKPG_RESIZE_PARTITION, Datalen: int32(unsafe.Sizeof(part)), Data: (*byte)(unsafe.Pointer(&part)),
	}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, disk.Fd(), unix.BLKPG, uintptr(unsafe.Pointer(&arg))); errno != 0 {
		return fmt.Errorf("tell the kernel of the larger partition: %w", errno)
	}
	return nil
}

// growFileSystem grows the mounted ext4 to the given number of sectors. It does
// nothing if it is already that large.
func growFileSystem(mounted string, sectors uint64) error {
	if sectors == 0 {
		return nil
	}
	blocks := sectors * gpt.Sector / ext4Block
	f, err := os.Open(mounted)
	if err != nil {
		return fmt.Errorf("grow root: %w", err)
	}
	defer func() { _ = f.Close() }()
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), ext4ResizeFS, uintptr(unsafe.Pointer(&blocks)))
	if errno != 0 && !errors.Is(errno, unix.EBUSY) {
		return fmt.Errorf("grow root: %w", errno)
	}
	return nil
}
