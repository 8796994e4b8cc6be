package fake

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
)

// The image that fake guests stand on: a valid, empty qcow2 file.
// https://www.qemu.org/docs/master/interop/qcow2.html
const (
	// ImageName is the name of the image, the same as a real devnet's.
	ImageName   = "tiny.qcow2"
	imageSize   = 1 << 30
	clusterBits = 16
	l1Entries   = imageSize >> (2*clusterBits - 3)
)

// WriteImage writes the image into a folder, which it makes.
func WriteImage(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the images' folder: %w", err)
	}
	file := make([]byte, 2<<clusterBits)
	be := binary.BigEndian
	be.PutUint32(file[0:], 0x514649fb)      // magic
	be.PutUint32(file[4:], 2)               // version
	be.PutUint32(file[20:], clusterBits)    // size of a cluster
	be.PutUint64(file[24:], imageSize)      // size that a guest sees
	be.PutUint32(file[36:], l1Entries)      // entries of the first-level table, all empty
	be.PutUint64(file[40:], 1<<clusterBits) // its offset
	path := filepath.Join(dir, ImageName)
	if err := os.WriteFile(path, file, 0o444); err != nil {
		return fmt.Errorf("write the image: %w", err)
	}
	return nil
}
