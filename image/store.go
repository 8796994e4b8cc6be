package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// maxImages bounds a listing: a folder with more is no image store.
const maxImages = 1000

// Store is a folder of images. The zero value is not useful; see Open.
type Store struct {
	dir string

	mu sync.Mutex
	// whole are the files that were read through, and what was found: once for
	// each, for a file under an image's name never changes.
	whole map[version]error
}

// version is a file as it was at one time.
type version struct {
	device, inode uint64
	size          int64
	changed       time.Time
}

// Open is the store in dir, which may not exist yet.
func Open(dir string) *Store { return &Store{dir: dir, whole: map[version]error{}} }

// List is every image that can be used, by name. Files that Find would refuse
// are left out: one bad file must not hide the others.
func (s *Store) List(ctx context.Context) ([]Image, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	var images []Image
	for _, entry := range entries {
		if CheckName(entry.Name()) != nil || len(images) == maxImages {
			continue
		}
		img, err := s.Find(ctx, entry.Name())
		switch {
		case errors.Is(err, ErrUnsafe), errors.Is(err, ErrNotFound):
		case err != nil:
			return nil, err
		default:
			images = append(images, img)
		}
	}
	return images, nil
}

// Fault is a file in the store that can't be used as an image.
type Fault struct {
	// Name is the file's; for an unfinished pull, the image's that it would become.
	Name string
	// Size is what it takes, in bytes.
	Size int64
	// Reason says why, in one line.
	Reason string
}

// Faults are what List leaves out: unfinished pulls, and files that Find refuses.
func (s *Store) Faults(ctx context.Context) ([]Fault, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	var faults []Fault
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			continue // gone meanwhile
		}
		name, reason := entry.Name(), ""
		if of, ok := unfinished(name); ok {
			name, reason = of, "unfinished; pull it again, or delete it"
		} else if _, err := s.Find(ctx, name); errors.Is(err, ErrUnsafe) {
			reason = err.Error()
		}
		if reason != "" && len(faults) < maxImages {
			faults = append(faults, Fault{Name: name, Size: info.Size(), Reason: reason})
		}
	}
	return faults, ctx.Err()
}

// unfinished is the image's name in that of a part: .NAME.DIGEST.part.
func unfinished(file string) (name string, ok bool) {
	stem, isPart := strings.CutSuffix(file, partSuffix)
	stem, hidden := strings.CutPrefix(stem, ".")
	i := strings.LastIndexByte(stem, '.')
	if !isPart || !hidden || i < 0 || CheckName(stem[:i]) != nil {
		return "", false
	}
	return stem[:i], true
}

// Find is the image of that name; ErrName, ErrNotFound or ErrUnsafe where there
// is none that can be used. The name may come from a renter.
func (s *Store) Find(ctx context.Context, name string) (Image, error) {
	if err := ctx.Err(); err != nil {
		return Image{}, err
	}
	if err := CheckName(name); err != nil {
		return Image{}, err
	}
	path, err := filepath.Abs(filepath.Join(s.dir, name))
	if err != nil {
		return Image{}, fmt.Errorf("find image: %w", err)
	}
	// No links, for what they point at may change; O_NONBLOCK for FIFOs.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Image{}, fmt.Errorf("%w: %s; the list of images shows what this machine has", ErrNotFound, name)
	case errors.Is(err, syscall.ELOOP):
		return Image{}, fmt.Errorf("%w: %s is a link; put the file itself there", ErrUnsafe, name)
	case err != nil:
		return Image{}, fmt.Errorf("open image: %w", err)
	}
	defer func() { _ = f.Close() }()
	return s.inspect(ctx, f, name, path)
}

func (s *Store) inspect(ctx context.Context, f *os.File, name, path string) (Image, error) {
	info, err := f.Stat()
	if err != nil {
		return Image{}, fmt.Errorf("stat image: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Image{}, fmt.Errorf("%w: %s is not a regular file", ErrUnsafe, name)
	}
	if info.Mode().Perm()&0o222 != 0 {
		return Image{}, fmt.Errorf("%w: %s has mode %#o and could be changed under its overlays; chmod it to 0444",
			ErrUnsafe, name, info.Mode().Perm())
	}
	h, err := readHeader(f)
	if err != nil {
		return Image{}, fmt.Errorf("%w: %s: %w", ErrUnsafe, name, err)
	}
	if err := h.checkBase(); err != nil {
		return Image{}, fmt.Errorf("%w: %s: %w", ErrUnsafe, name, err)
	}
	if err := s.checkWhole(ctx, f, info, h.tables); err != nil {
		if ctx.Err() != nil {
			return Image{}, err
		}
		return Image{}, fmt.Errorf("%w: %s: %w", ErrUnsafe, name, err)
	}
	return Image{Name: name, Path: path, Format: "qcow2", VirtualSize: h.size, Size: info.Size()}, nil
}

// checkWhole reads a file's tables when it is first seen.
func (s *Store) checkWhole(ctx context.Context, f *os.File, info fs.FileInfo, t tables) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return t.checkWhole(ctx, f, info.Size())
	}
	seen := version{stat.Dev, stat.Ino, info.Size(), info.ModTime()}
	s.mu.Lock()
	err, known := s.whole[seen]
	s.mu.Unlock()
	if known {
		return err
	}
	err = t.checkWhole(ctx, f, info.Size())
	if err != nil && !errors.Is(err, errCutOff) && !errors.Is(err, errTables) {
		return err // of the disk or the caller, not of the file
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.whole) >= maxImages {
		clear(s.whole)
	}
	s.whole[seen] = err
	return err
}

// adopt makes a checked file an image. Its header is read before it has the name.
func (s *Store) adopt(ctx context.Context, part, name string) (Image, error) {
	if err := os.Chmod(part, 0o444); err != nil {
		return Image{}, fmt.Errorf("protect the image: %w", err)
	}
	f, err := os.Open(part)
	if err != nil {
		return Image{}, fmt.Errorf("open the image: %w", err)
	}
	_, err = s.inspect(ctx, f, name, part)
	if err := errors.Join(err, f.Close()); err != nil {
		return Image{}, errors.Join(err, os.Remove(part))
	}
	// A link, unlike a rename, never replaces an image that came meanwhile.
	target := filepath.Join(s.dir, name)
	if err := os.Link(part, target); err != nil {
		return Image{}, fmt.Errorf("publish the image: %w", err)
	}
	if err := errors.Join(os.Remove(part), syncPath(s.dir)); err != nil {
		return Image{}, fmt.Errorf("publish the image: %w", err)
	}
	return s.Find(ctx, name)
}
