// Package gpt writes a partition table for a guest image, and grows a guest's
// last partition with its disk. It supports what this project's images need:
// 512-byte sectors and the usual 128 entries. UEFI specification, chapter 5.
package gpt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"unicode/utf16"
)

const (
	// Sector is the size of a sector in bytes.
	Sector = 512
	// FirstUsable is the first sector that a partition may occupy.
	FirstUsable = tableAt + tableLen

	entries    = 128
	entrySize  = 128
	tableSize  = entries * entrySize
	tableAt    = 2
	tableLen   = tableSize / Sector
	headerSize = 92
	nameSize   = 72
	signature  = "EFI PART"
	revision   = 0x10000
)

// ErrTable means that the partition table is missing or damaged.
var ErrTable = errors.New("no valid partition table")

// GUID in its on-disk form: the first three fields are little-endian.
type GUID [16]byte

// Partition types.
var (
	// BIOSBoot contains GRUB's core.
	BIOSBoot = GUID{0x48, 0x61, 0x68, 0x21, 0x49, 0x64, 0x6f, 0x6e, 0x74, 0x4e, 0x65, 0x65, 0x64, 0x45, 0x46, 0x49}
	// EFISystem is where UEFI looks for boot loaders.
	EFISystem = GUID{0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}
	// Linux is the root of an amd64 Linux.
	Linux = GUID{0xe3, 0xbc, 0x68, 0x4f, 0xcd, 0xe8, 0xb1, 0x4d, 0x96, 0xe7, 0xfb, 0xca, 0xf9, 0x84, 0xb7, 0x09}
)

// Partition is one entry. First and Last are sectors, both inclusive.
type Partition struct {
	Type, ID    GUID
	First, Last uint64
	Name        string
}

// LastUsable returns the last sector that a partition may occupy on a disk with
// the given number of sectors.
func LastUsable(sectors uint64) uint64 { return sectors - FirstUsable }

// Write writes a new table to a disk with the given number of sectors. It
// leaves the first 446 bytes (boot code) unchanged.
func Write(w io.WriterAt, sectors uint64, disk GUID, parts []Partition) error {
	table := make([]byte, tableSize)
	for i, p := range parts {
		if i >= entries || p.First < FirstUsable || p.Last < p.First || p.Last > LastUsable(sectors) {
			return fmt.Errorf("%w: partition %d does not fit", ErrTable, i+1)
		}
		e := table[i*entrySize:]
		copy(e, p.Type[:])
		copy(e[16:], p.ID[:])
		binary.LittleEndian.PutUint64(e[32:], p.First)
		binary.LittleEndian.PutUint64(e[40:], p.Last)
		for k, c := range utf16.Encode([]rune(p.Name)) {
			if k < nameSize/2 {
				binary.LittleEndian.PutUint16(e[56+2*k:], c)
			}
		}
	}
	return write(w, sectors, disk, table)
}

// write writes the copy at the end first: a crash in between leaves the old
// table intact at the front.
func write(w io.WriterAt, sectors uint64, disk GUID, table []byte) error {
	last := sectors - 1
	backupAt := last - tableLen
	for _, part := range []struct {
		at   uint64
		data []byte
	}{
		{backupAt, table},
		{last, header(last, 1, backupAt, sectors, disk, table)},
		{tableAt, table},
		{1, header(1, last, tableAt, sectors, disk, table)},
	} {
		if _, err := w.WriteAt(part.data, int64(part.at)*Sector); err != nil {
			return fmt.Errorf("write partition table: %w", err)
		}
	}
	if _, err := w.WriteAt(protective(sectors), 446); err != nil {
		return fmt.Errorf("write protective MBR: %w", err)
	}
	return nil
}

func header(self, other, table, sectors uint64, disk GUID, entriesRaw []byte) []byte {
	h := make([]byte, Sector)
	le := binary.LittleEndian
	copy(h, signature)
	le.PutUint32(h[8:], revision)
	le.PutUint32(h[12:], headerSize)
	le.PutUint64(h[24:], self)
	le.PutUint64(h[32:], other)
	le.PutUint64(h[40:], FirstUsable)
	le.PutUint64(h[48:], LastUsable(sectors))
	copy(h[56:], disk[:])
	le.PutUint64(h[72:], table)
	le.PutUint32(h[80:], entries)
	le.PutUint32(h[84:], entrySize)
	le.PutUint32(h[88:], crc32.ChecksumIEEE(entriesRaw))
	le.PutUint32(h[16:], crc32.ChecksumIEEE(h[:headerSize]))
	return h
}

// protective returns the MBR's table: one partition over the whole disk, for
// old programs.
func protective(sectors uint64) []byte {
	b := make([]byte, 66)
	copy(b, []byte{0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0})
	binary.LittleEndian.PutUint32(b[12:], uint32(min(sectors-1, 0xffffffff)))
	b[64], b[65] = 0x55, 0xaa
	return b
}

// ReadWriter is a disk.
type ReadWriter interface {
	io.ReaderAt
	io.WriterAt
}

// GrowLast moves the end of the last partition to the end of a disk that has
// grown, and returns the partition's number, counted from 1. If it ends there
// already, nothing is written and grown is false.
func GrowLast(disk ReadWriter, sectors uint64) (number int, p Partition, grown bool, err error) {
	id, table, err := read(disk, sectors)
	if err != nil {
		return 0, Partition{}, false, err
	}
	for i := range entries {
		e := table[i*entrySize:]
		if last := binary.LittleEndian.Uint64(e[40:]); !bytes.Equal(e[:16], make([]byte, 16)) && last > p.Last {
			number, p = i+1, Partition{First: binary.LittleEndian.Uint64(e[32:]), Last: last}
		}
	}
	if number == 0 || p.First < FirstUsable || p.Last >= sectors {
		return 0, Partition{}, false, fmt.Errorf("%w: no partition within the disk", ErrTable)
	}
	if p.Last >= LastUsable(sectors) {
		return number, p, false, nil
	}
	p.Last = LastUsable(sectors)
	binary.LittleEndian.PutUint64(table[(number-1)*entrySize+40:], p.Last)
	return number, p, true, write(disk, sectors, id, table)
}

func read(r io.ReaderAt, sectors uint64) (disk GUID, table []byte, err error) {
	h := make([]byte, Sector)
	if sectors < 4*FirstUsable {
		return disk, nil, fmt.Errorf("%w: disk of %d sectors", ErrTable, sectors)
	}
	if _, err := r.ReadAt(h, Sector); err != nil {
		return disk, nil, fmt.Errorf("read partition table: %w", err)
	}
	le := binary.LittleEndian
	sum := le.Uint32(h[16:])
	le.PutUint32(h[16:], 0)
	if string(h[:8]) != signature || le.Uint32(h[12:]) != headerSize || crc32.ChecksumIEEE(h[:headerSize]) != sum ||
		le.Uint64(h[72:]) != tableAt || le.Uint32(h[80:]) != entries || le.Uint32(h[84:]) != entrySize {
		return disk, nil, fmt.Errorf("%w: header", ErrTable)
	}
	table = make([]byte, tableSize)
	if _, err := r.ReadAt(table, tableAt*Sector); err != nil {
		return disk, nil, fmt.Errorf("read partition table: %w", err)
	}
	if crc32.ChecksumIEEE(table) != le.Uint32(h[88:]) {
		return disk, nil, fmt.Errorf("%w: entries", ErrTable)
	}
	copy(disk[:], h[56:])
	return disk, table, nil
}
