package image

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
)

const (
	// manifestSuffix follows an image's name in that of its manifest.
	manifestSuffix = ".json"
	maxManifest    = 64 << 10
	maxContents    = 64
	// ManifestSchema is the version of a manifest's form.
	ManifestSchema = 1
)

// Licence names terms that bind who uses an image.
type Licence string

// LicenceNVIDIA is that of NVIDIA's driver: no commercial hosting but as it grants,
// and GeForce and Titan cards not in data centres (2.7, 2.8).
const LicenceNVIDIA Licence = "NVIDIA_DRIVER"

// Manifest says what an image contains. It lies beside the image, and is written by
// who built it; a pulled image has none.
type Manifest struct {
	Schema int `json:"schema"`
	// Digest is the SHA-256 of the image's file in hex, Size its bytes.
	Digest string    `json:"sha256"`
	Size   int64     `json:"size"`
	Built  time.Time `json:"built"`
	// OS and Version are os-release's ID and VERSION_ID.
	OS      string `json:"os"`
	Version string `json:"version"`
	Kernel  string `json:"kernel"`
	// Driver is of the cards, nil without one.
	Driver *Driver `json:"driver,omitempty"`
	// Contents are packages that renters look for, by their names and versions.
	Contents []Content `json:"contents"`
	// Login is the user that the seed makes, CloudInit whether cloud-init does it.
	Login     string `json:"login"`
	CloudInit bool   `json:"cloud_init"`
	// Ready is what shows that a guest is up: "ssh", a server on port 22.
	Ready string `json:"ready"`
	// Firmware are "bios" and "uefi", Bus is that of the disks: "virtio".
	Firmware []string `json:"firmware"`
	Bus      string   `json:"bus"`
	// MinDiskGiB is the least system disk.
	MinDiskGiB uint64 `json:"min_disk_gib"`
	// Licences are terms to know of, Texts where all of them are in the guest.
	Licences []Licence `json:"licences"`
	Texts    string    `json:"licence_texts"`
}

// Driver is a vendor's.
type Driver struct {
	Vendor  string `json:"vendor"`
	Version string `json:"version"`
	// Open says that its kernel modules are the open ones, which cards older than
	// Turing do not work with.
	Open bool `json:"open_modules"`
}

// Content is an installed package.
type Content struct {
	Package string `json:"package"`
	Version string `json:"version"`
}

var (
	plainWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+:~_-]{0,63}$`)
	hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)
	textsPath = regexp.MustCompile(`^/[A-Za-z0-9][A-Za-z0-9./*_-]{0,127}$`)
)

// Check refuses a manifest that says what cannot be.
func (m Manifest) Check() error {
	words := []string{m.OS, m.Version, m.Kernel, m.Login}
	if d := m.Driver; d != nil {
		words = append(words, d.Vendor, d.Version)
	}
	for _, c := range m.Contents {
		words = append(words, c.Package, c.Version)
	}
	for _, word := range words {
		if !plainWord.MatchString(word) {
			return fmt.Errorf("%w: %.70q: want a word of letters, digits and . + : ~ _ -", ErrManifest, word)
		}
	}
	for _, firmware := range m.Firmware {
		if firmware != "bios" && firmware != "uefi" {
			return fmt.Errorf("%w: firmware %.70q: want bios or uefi", ErrManifest, firmware)
		}
	}
	for _, licence := range m.Licences {
		if licence != LicenceNVIDIA {
			return fmt.Errorf("%w: licence %.70q is not known", ErrManifest, licence)
		}
	}
	switch {
	case m.Schema != ManifestSchema:
		return fmt.Errorf("%w: schema %d, this program reads %d", ErrManifest, m.Schema, ManifestSchema)
	case !hexDigest.MatchString(m.Digest), m.Size <= 0:
		return fmt.Errorf("%w: it has no digest or no size", ErrManifest)
	case m.Ready != "ssh", m.Bus != "virtio", len(m.Firmware) == 0, len(m.Firmware) > 2, m.MinDiskGiB == 0, m.MinDiskGiB > 1024:
		return fmt.Errorf("%w: ready %.16q, bus %.16q, firmware %.2q or minimum disk %d GiB is not one that nodes have", ErrManifest, m.Ready, m.Bus, m.Firmware, m.MinDiskGiB)
	case len(m.Contents) > maxContents, len(m.Licences) > 8, !textsPath.MatchString(m.Texts):
		return fmt.Errorf("%w: too many contents, or no path of licence texts", ErrManifest)
	}
	return nil
}

// ParseManifest reads a manifest strictly: a field that it does not know may mean
// what changes the others.
func ParseManifest(text []byte) (Manifest, error) {
	if len(text) > maxManifest {
		return Manifest{}, fmt.Errorf("%w: more than %d bytes", ErrManifest, maxManifest)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var m Manifest
	if err := decoder.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Manifest{}, fmt.Errorf("%w: something follows it", ErrManifest)
	}
	return m, m.Check()
}
