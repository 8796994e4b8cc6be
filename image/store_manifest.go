//go:build linux

package image

import (
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

	"github.com/google/renameio/v2"
)

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
