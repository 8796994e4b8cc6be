package hw

import (
	"fmt"
	"os"
	"syscall"
)

// ReadDisk is the file system below path.
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
