package seed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/iso9660"
	"github.com/google/renameio/v2"

	"github.com/dbc-network/dbc/seed/nocloud"
)

const (
	sector = 2048
	// The descriptors start at sector 16: first the primary one, then Joliet's.
	firstDescriptor = 16
	descriptors     = 2

	// Offsets within a descriptor, from ECMA-119 §8.4.
	volumeSizeAt = 80
	rootRecordAt = 156
	datesAt      = 813
	dates        = 4
	longDate     = 17

	// Offsets within a directory record, §9.1.
	extentAt     = 2
	extentSizeAt = 10
	shortDateAt  = 18
	shortDate    = 7
)

// writeISO builds the image in memory, because the library that lays it out
// ignores failed writes, and renames it to path. Files that the library needs
// on disk go into a folder next to path that only root or the owner can enter.
// One that a crash left behind is removed by the next write.
func writeISO(path string, files []entry) (err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("write seed: %w", err)
	}
	workspace := path + ".files"
	if err := os.RemoveAll(workspace); err != nil {
		return fmt.Errorf("clear seed's workspace: %w", err)
	}
	defer func() {
		if e := os.RemoveAll(workspace); e != nil {
			err = errors.Join(err, fmt.Errorf("clear seed's workspace: %w", e))
		}
	}()
	if err := os.Mkdir(workspace, 0o700); err != nil {
		return fmt.Errorf("make seed's workspace: %w", err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(workspace, f.name), f.content, 0o600); err != nil {
			return fmt.Errorf("write seed's %s: %w", f.name, err)
		}
	}
	image, err := layOut(workspace)
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(path, image, 0o600); err != nil {
		return fmt.Errorf("write seed: %w", err)
	}
	return nil
}

func layOut(workspace string) ([]byte, error) {
	mem := &memory{}
	iso, err := iso9660.Create(file.New(mem, false), 0, 0, sector, workspace)
	if err != nil {
		return nil, fmt.Errorf("make iso: %w", err)
	}
	// Joliet provides the long names that NoCloud needs. Rock Ridge would too,
	// but it records change times, which cannot be set.
	if err := iso.Finalize(iso9660.FinalizeOptions{Joliet: true, VolumeIdentifier: nocloud.Label}); err != nil {
		return nil, fmt.Errorf("lay out iso: %w", err)
	}
	if err := fixDates(mem.data); err != nil {
		return nil, err
	}
	size := int(binary.LittleEndian.Uint32(mem.data[firstDescriptor*sector+volumeSizeAt:])) * sector
	if size < len(mem.data) {
		size = (len(mem.data) + sector - 1) / sector * sector
	}
	return append(mem.data, make([]byte, size-len(mem.data))...), nil
}

// fixDates sets every date to the same time, so that equal data results in
// equal bytes: the dates of both volumes, and those of all entries in the
// single folder of each.
func fixDates(image []byte) error {
	var epoch [shortDate]byte // years since 1900, month, day, …
	epoch[0], epoch[1], epoch[2] = 100, 1, 1
	for v := range descriptors {
		at := (firstDescriptor + v) * sector
		if len(image) < at+sector || string(image[at+1:at+6]) != "CD001" {
			return fmt.Errorf("lay out iso: no descriptor in sector %d", firstDescriptor+v)
		}
		volume := image[at : at+sector]
		for d := range dates {
			// Sixteen digits and a zone: 2000-01-01 00:00:00.00 UTC.
			copy(volume[datesAt+d*longDate:], "2000010100000000\x00")
		}
		root := volume[rootRecordAt:]
		copy(root[shortDateAt:], epoch[:])
		from := int(binary.LittleEndian.Uint32(root[extentAt:])) * sector
		to := from + int(binary.LittleEndian.Uint32(root[extentSizeAt:]))
		if from < 0 || to > len(image) || from > to {
			return errors.New("lay out iso: the root folder lies outside")
		}
		for record := image[from:to]; len(record) > shortDateAt+shortDate && record[0] > 0; record = record[record[0]:] {
			copy(record[shortDateAt:], epoch[:])
			if int(record[0]) > len(record) {
				return errors.New("lay out iso: a folder entry is cut off")
			}
		}
	}
	return nil
}
