package image

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/google/renameio/v2"
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

// Manifest returns an image's, ErrNotFound if it has none. One of a file with another
// size or digest is of an image that was replaced, and ErrManifest.
func (s *Store) Manifest(ctx context.Context, name string) (Manifest, error) {
	img, err := s.Find(ctx, name)
	if err != nil {
		return Manifest{}, err
	}
	return s.manifest(ctx, img)
}

func (s *Store) manifest(ctx context.Context, img Image) (Manifest, error) {
	f, err := os.OpenFile(img.Path+manifestSuffix, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, fmt.Errorf("%w: %s has no manifest", ErrNotFound, img.Name)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	m, err := ParseManifest(text)
	if err == nil && m.Size != img.Size {
		err = fmt.Errorf("%w: it is of a file of %d bytes, %s has %d", ErrManifest, m.Size, img.Name, img.Size)
	}
	if err != nil {
		return Manifest{}, err
	}
	digest, err := s.digest(ctx, img)
	if err != nil {
		return Manifest{}, err
	}
	if digest != m.Digest {
		return Manifest{}, fmt.Errorf("%w: it is of a file with SHA-256 %s, %s has %s", ErrManifest, m.Digest, img.Name, digest)
	}
	return m, nil
}

// Folder returns the store's folder, made if it was not there, for who builds an
// image in it and then calls Add.
func (s *Store) Folder() (string, error) {
	dir, err := filepath.Abs(s.dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return "", fmt.Errorf("make the folder of images: %w", err)
	}
	return dir, nil
}

// ClearBuild deletes what a killed build of an image left in the store's folder: its
// manifest and the temporary file of that. The caller sees to it that none is under way.
func (s *Store) ClearBuild(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if _, err := os.Lstat(filepath.Join(s.dir, name)); !errors.Is(err, fs.ErrNotExist) {
		return err // the manifest is the image's
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for left-over manifests: %w", err)
	}
	temporary := regexp.MustCompile(`^\.` + regexp.QuoteMeta(name+manifestSuffix) + `[0-9]+$`) // renameio's
	for _, entry := range entries {
		if at := entry.Name(); at == name+manifestSuffix || temporary.MatchString(at) {
			if err := os.Remove(filepath.Join(s.dir, at)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("delete a left-over manifest: %w", err)
			}
		}
	}
	return nil
}

// Add moves a file that was built in the store's folder into the store, with its
// manifest. ErrExists if the name is taken.
func (s *Store) Add(ctx context.Context, file, name string, m Manifest) (Image, error) {
	if err := errors.Join(CheckName(name), m.Check()); err != nil {
		return Image{}, err
	}
	target := filepath.Join(s.dir, name)
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		return Image{}, errors.Join(err, fmt.Errorf("%w: %s; delete it first", ErrExists, name))
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return Image{}, err
	}
	// One without an image says nothing; the other way round would be an image whose
	// licences nobody sees.
	if err := renameio.WriteFile(target+manifestSuffix, append(text, '\n'), 0o644); err != nil {
		return Image{}, fmt.Errorf("write the manifest: %w", err)
	}
	return s.adopt(ctx, file, name)
}
