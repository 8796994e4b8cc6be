package image

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const convert = "convert it with qemu-img convert -O qcow2"

// foreign are files that people mistake for qcow2, identified by the bytes at
// an offset.
var foreign = []struct {
	offset int64
	magic  string
	what   string
	remedy string
}{
	{0, "\x1f\x8b", "a gzip archive", "unpack it with gunzip"},
	{0, "\xfd7zXZ\x00", "an xz archive", "unpack it with unxz"},
	{0, "\x28\xb5\x2f\xfd", "a zstd archive", "unpack it with unzstd"},
	{0, "BZh", "a bzip2 archive", "unpack it with bunzip2"},
	{0, "PK\x03\x04", "a zip archive", "unpack it with unzip"},
	{257, "ustar", "a tar archive", "unpack it with tar -xf"},
	{0, "KDMV", "a VMDK disk", convert},
	{0, "# Disk DescriptorFile", "the description of a VMDK disk", "take the disk itself and " + convert},
	{0, "vhdxfile", "a VHDX disk", convert},
	{0, "conectix", "a VHD disk", convert},
	{64, "\x7f\x10\xda\xbe", "a VDI disk", convert},
	{0, "LUKS\xba\xbe", "an encrypted disk", "open it with cryptsetup and " + convert + " -f raw"},
	{0, "QED\x00", "a QED disk", convert},
	{0x8001, "CD001", "a CD image", "an installed disk is needed; install from it first"},
	{512, "EFI PART", "a raw disk", convert + " -f raw"},
	{510, "\x55\xaa", "a raw disk", convert + " -f raw"},
}

// errNotQcow2 means that a file is not a qcow2 image. notQcow2 says what it is
// instead.
var errNotQcow2 = errors.New("not a qcow2 image")

func notQcow2(r io.ReaderAt) error {
	head := make([]byte, 64)
	n, _ := r.ReadAt(head, 0)
	if n == 0 {
		return fmt.Errorf("%w: it is empty; fetch it again", errNotQcow2)
	}
	if text := bytes.ToLower(bytes.TrimSpace(head[:n])); bytes.HasPrefix(text, []byte("<!doctype html")) || bytes.HasPrefix(text, []byte("<html")) {
		return fmt.Errorf("%w: it is a web page; look at the address in a browser and take the file that its link leads to", errNotQcow2)
	}
	for _, f := range foreign {
		have := make([]byte, len(f.magic))
		if _, err := r.ReadAt(have, f.offset); err == nil && string(have) == f.magic {
			return fmt.Errorf("%w: it is %s; %s", errNotQcow2, f.what, f.remedy)
		}
	}
	return fmt.Errorf("%w: qemu-img info tells what it is", errNotQcow2)
}
