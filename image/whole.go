package image

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// maxL1Bytes is QEMU's own limit for the first-level table.
	maxL1Bytes = 32 << 20
	// entryOffset masks the offset in a table entry, bits 9 to 55.
	entryOffset = 1<<56 - 1<<9
	// entryCompressed marks a compressed cluster, whose location is encoded
	// differently.
	entryCompressed = 1 << 62
	entrySize       = 8
)

var (
	errTables = errors.New("its tables are damaged")
	errCutOff = errors.New("it is cut off")
)

// tables is where a qcow2 file stores the map of its disk.
type tables struct {
	clusterBits uint32
	l1Offset    uint64
	l1Entries   uint32
}

// checkWhole refuses a file that ends before something that its tables refer
// to: a truncated download, which a guest would only notice later. Offsets are
// only compared with the file's size, never read.
func (t tables) checkWhole(ctx context.Context, r io.ReaderAt, size int64) error {
	length := int64(t.l1Entries) * entrySize
	if length > maxL1Bytes {
		return fmt.Errorf("%w: a first table of %d bytes, at most %d", errTables, length, maxL1Bytes)
	}
	l1, err := readTable(r, t.l1Offset, length, size)
	if err != nil {
		return err
	}
	cluster := int64(1) << t.clusterBits
	// The tables do not overlap, so together they are never larger than the
	// file.
	read := int64(0)
	for _, entry := range l1 {
		offset := entry & entryOffset
		if offset == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if read += cluster; read > size {
			return fmt.Errorf("%w: more of them than the file has room for", errTables)
		}
		l2, err := readTable(r, offset, cluster, size)
		if err != nil {
			return err
		}
		for _, entry := range l2 {
			if at := t.data(entry); at >= uint64(size) {
				return cutOff(at, size)
			}
		}
	}
	return nil
}

// data returns where an entry's cluster starts, or 0 if it has none.
func (t tables) data(entry uint64) uint64 {
	if entry&entryCompressed != 0 {
		return entry & (1<<(62-(t.clusterBits-8)) - 1)
	}
	return entry & entryOffset
}

func cutOff(at uint64, size int64) error {
	return fmt.Errorf("%w: it has %d bytes and keeps data at %d; fetch it again, and compare its checksum", errCutOff, size, at)
}

func readTable(r io.ReaderAt, offset uint64, length, size int64) ([]uint64, error) {
	if offset > uint64(size) || int64(offset)+length > size {
		return nil, cutOff(offset, size)
	}
	raw := make([]byte, length)
	if _, err := r.ReadAt(raw, int64(offset)); err != nil {
		return nil, fmt.Errorf("read a table: %w", err)
	}
	entries := make([]uint64, length/entrySize)
	for i := range entries {
		entries[i] = binary.BigEndian.Uint64(raw[i*entrySize:])
	}
	return entries, nil
}
