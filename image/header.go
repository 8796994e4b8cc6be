package image

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The fields of a qcow2 header that matter here, in big-endian. They are parsed
// here rather than by a library or qemu-img, because those open the files that
// a header names. https://www.qemu.org/docs/master/interop/qcow2.html
const (
	qcow2Magic     = 0x514649fb
	v2HeaderSize   = 72
	v3HeaderSize   = 104
	maxHeaderSize  = 4096
	maxBackingName = 1023
	maxExtensions  = 64
	minClusterBits = 9
	maxClusterBits = 21

	// MaxVirtualSize bounds the size that an image may claim: 16 TiB.
	MaxVirtualSize = 16 << 40

	extEnd           = 0
	extBackingFormat = 0xe2792aca

	featureDirty           = 1 << 0
	featureCorrupt         = 1 << 1
	featureDataFile        = 1 << 2
	featureCompressionType = 1 << 3
)

// header is what a qcow2 file claims about itself. None of it can be trusted.
type header struct {
	version      uint32
	size         int64
	crypt        uint32
	incompatible uint64
	backing      string
	backingFmt   string
	tables       tables
}

func readHeader(r io.ReaderAt) (header, error) {
	var raw [v3HeaderSize]byte
	if n, err := r.ReadAt(raw[:], 0); err != nil && (!errors.Is(err, io.EOF) || n < v2HeaderSize) {
		if errors.Is(err, io.EOF) {
			return header{}, notQcow2(r)
		}
		return header{}, fmt.Errorf("read header: %w", err)
	}
	be := binary.BigEndian
	if be.Uint32(raw[0:]) != qcow2Magic {
		return header{}, notQcow2(r)
	}
	h := header{version: be.Uint32(raw[4:]), crypt: be.Uint32(raw[32:])}
	size, clusterBits := be.Uint64(raw[24:]), be.Uint32(raw[20:])
	if size == 0 || size > MaxVirtualSize {
		return header{}, fmt.Errorf("virtual size %d is not within 1-%d bytes", size, int64(MaxVirtualSize))
	}
	if clusterBits < minClusterBits || clusterBits > maxClusterBits {
		return header{}, fmt.Errorf("cluster bits %d are not within %d-%d", clusterBits, minClusterBits, maxClusterBits)
	}
	h.size = int64(size)
	h.tables = tables{clusterBits: clusterBits, l1Offset: be.Uint64(raw[40:]), l1Entries: be.Uint32(raw[36:])}
	length := uint32(v2HeaderSize)
	switch h.version {
	case 2:
	case 3:
		h.incompatible, length = be.Uint64(raw[72:]), be.Uint32(raw[100:])
		if length < v3HeaderSize || length > maxHeaderSize {
			return header{}, fmt.Errorf("header length %d is not within %d-%d", length, v3HeaderSize, maxHeaderSize)
		}
	default:
		return header{}, fmt.Errorf("qcow2 version %d, want 2 or 3", h.version)
	}
	var err error
	if h.backing, err = readBacking(r, be.Uint64(raw[8:]), be.Uint32(raw[16:])); err != nil {
		return header{}, err
	}
	if h.backing != "" {
		h.backingFmt, err = readBackingFormat(r, int64(length))
	}
	return h, err
}

func readBacking(r io.ReaderAt, offset uint64, length uint32) (string, error) {
	if offset == 0 {
		return "", nil
	}
	// It is in the first cluster, which is at most 2 MiB.
	if length == 0 || length > maxBackingName || offset > 1<<maxClusterBits {
		return "", fmt.Errorf("backing file name of %d bytes at %d is out of bounds", length, offset)
	}
	name := make([]byte, length)
	if _, err := r.ReadAt(name, int64(offset)); err != nil {
		return "", fmt.Errorf("read backing file name: %w", err)
	}
	return string(name), nil
}

func readBackingFormat(r io.ReaderAt, offset int64) (string, error) {
	for range maxExtensions {
		var head [8]byte
		if _, err := r.ReadAt(head[:], offset); err != nil {
			return "", fmt.Errorf("read header extension: %w", err)
		}
		kind, length := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:])
		if kind == extEnd {
			return "", nil
		}
		if length > maxHeaderSize {
			return "", fmt.Errorf("header extension of %d bytes, at most %d", length, maxHeaderSize)
		}
		if kind == extBackingFormat {
			name := make([]byte, length)
			if _, err := r.ReadAt(name, offset+8); err != nil {
				return "", fmt.Errorf("read backing format: %w", err)
			}
			return string(name), nil
		}
		offset += 8 + (int64(length)+7)/8*8
	}
	return "", fmt.Errorf("more than %d header extensions", maxExtensions)
}

// checkBase refuses a header that a shared base image must not have.
func (h header) checkBase() error {
	switch {
	case h.backing != "":
		return errors.New("it has a backing file; flatten it with qemu-img convert")
	case h.incompatible&featureDataFile != 0:
		return errors.New("it keeps its data in another file; flatten it with qemu-img convert")
	case h.crypt != 0:
		return errors.New("it is encrypted; " + convert + ", unencrypted")
	case h.incompatible&(featureDirty|featureCorrupt) != 0:
		return errors.New("it was not closed cleanly or is corrupt; repair it with qemu-img check -r")
	case h.incompatible&^featureCompressionType != 0:
		return fmt.Errorf("it needs features %#x that are not taken; %s without them", h.incompatible, convert)
	}
	return nil
}
