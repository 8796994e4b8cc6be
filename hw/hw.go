// Package hw reads what a computer has: its CPUs, memory and disks, from /proc
// and statfs. It needs no privileges and starts no program. The host doctor and
// the inventory of GPUs build on it.
package hw

// Config says where to look.
type Config struct {
	// Root stands for "/" before the paths of /proc; tests move it. "" is "/".
	Root string
	// Paths are the folders whose file systems count as disks, such as "/" and the
	// node's data folder. Root does not apply to them.
	Paths []string
}

// Inventory is what a computer has, before the host's reserve is deducted.
type Inventory struct {
	CPUModel string
	// Cores are logical CPUs, as the kernel schedules them; Sockets are the
	// processors that have them, 1 where the kernel does not say.
	Cores   int
	Sockets int
	// MHz is the current clock of the first CPU, and RatedMHz the nominal one; 0 if
	// the kernel does not say.
	MHz      int
	RatedMHz int
	// MemoryMiB is all memory that the kernel has; FreeMiB what is available now.
	MemoryMiB uint64
	FreeMiB   uint64
	Disks     []Disk
}

// Disk is the file system below a folder.
type Disk struct {
	Path string
	// Device identifies the file system: two folders with the same number share it.
	Device uint64
	// Type is "SSD" or "HDD", or "unknown" if the kernel does not say, as for a
	// file system that has no disk of its own.
	Type     string
	TotalGiB uint64
	// FreeGiB is what a process without privileges may still write.
	FreeGiB uint64
}
