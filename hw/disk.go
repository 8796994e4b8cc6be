//go:build linux

package hw

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// ReadDisk returns the file system below path.
func ReadDisk(path string) (Disk, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(path, &fs); err != nil {
		return Disk{}, fmt.Errorf("read the file system of %s: %w", path, err)
	}
	disk := Disk{
		Path:     path,
		TotalGiB: fs.Blocks * uint64(fs.Bsize) >> 30,
		FreeGiB:  fs.Bavail * uint64(fs.Bsize) >> 30,
	}
	info, err := os.Stat(path)
	if err != nil {
		return Disk{}, fmt.Errorf("read the file system of %s: %w", path, err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		disk.Device = stat.Dev
	}
	return disk, nil
}

// diskType asks the kernel whether a block device, or the disk that it is a part
// of, is rotational.
func diskType(root string, device uint64) string {
	at := filepath.Join(root, fmt.Sprintf("sys/dev/block/%d:%d", unix.Major(device), unix.Minor(device)))
	real, err := filepath.EvalSymlinks(at)
	if err != nil {
		return "unknown"
	}
	for _, dir := range []string{real, filepath.Dir(real)} {
		text, err := os.ReadFile(filepath.Join(dir, "queue/rotational"))
		if err != nil {
			continue
		}
		switch strings.TrimSpace(string(text)) {
		case "0":
			return "SSD"
		case "1":
			return "HDD"
		}
	}
	return "unknown"
}
