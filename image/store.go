//go:build linux

package image

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// maxImages bounds a listing: a folder with more files is not an image store.
const maxImages = 1000

// Store is a folder of images. Use Open to create one.
type Store struct {
	dir string

	// whole says what is wrong with a file, nil for nothing. Once per file is enough,
	// because a file with an image name never changes.
	whole memo[error]
	// digests are of the files that were read whole.
	digests memo[string]
}

// Open returns the store in dir, which may not exist yet.
func Open(dir string) *Store {
	return &Store{dir: dir}
}

// List returns all usable images, sorted by name. Files that Find would refuse
// are left out: one bad file must not hide the others. An image with a manifest is read
// whole once, to compare their digests.
func (s *Store) List(ctx context.Context) ([]Image, error) { return s.list(ctx, ctx) }

// ListWithin is List, except that images which were not read whole within the limit, in
// this call or earlier, have no manifest.
func (s *Store) ListWithin(ctx context.Context, limit time.Duration) ([]Image, error) {
	reads, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return s.list(ctx, reads)
}

func (s *Store) list(ctx, reads context.Context) ([]Image, error) {
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
			m, err := s.manifest(reads, img)
			switch {
			case err == nil:
				img.Manifest = &m
			case ctx.Err() != nil:
				return nil, err
			}
			images = append(images, img)
		}
	}
	return images, nil
}

// Fault is a file in the store that cannot be used as an image.
type Fault struct {
	// Name is the file name or, for an unfinished pull, the name of the image
	// that it would become.
	Name string
	// Size of the file in bytes.
	Size int64
	// Reason states the problem in one line.
	Reason string
}

// Faults returns what List leaves out: unfinished pulls, files that Find refuses or
// that have no image's name, and manifests that are not valid, of another file or of
// none.
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
			continue // deleted meanwhile
		}
		name, reason := entry.Name(), ""
		if of, ok := unfinished(name); ok {
			name, reason = of, "unfinished; pull it again, or delete it"
		} else if img, err := s.Find(ctx, name); errors.Is(err, ErrUnsafe) {
			reason = err.Error()
		} else if err == nil {
			if _, err := s.manifest(ctx, img); errors.Is(err, ErrManifest) {
				reason = fmt.Sprintf("it can be used, but what %s%s says of it cannot: %v", name, manifestSuffix, err)
			}
		} else if of, ok := s.orphan(name); ok {
			name, reason = of, "only its manifest is there, as of a build that was killed; build it again, or delete it"
		} else if errors.Is(err, ErrName) {
			reason = s.misnamed(info, err)
		}
		if reason != "" && len(faults) < maxImages {
			faults = append(faults, Fault{Name: name, Size: info.Size(), Reason: reason})
		}
	}
	return faults, ctx.Err()
}

// misnamed says why a file with no image's name is offered to nobody; "" if it
// belongs to an image or to the file system.
func (s *Store) misnamed(info fs.FileInfo, wrong error) string {
	name := info.Name()
	if image, ok := strings.CutSuffix(name, manifestSuffix); name[0] == '.' || name == "lost+found" || ok && CheckName(image) == nil {
		return ""
	}
	switch {
	case info.IsDir():
		return "a folder; images lie directly in " + s.dir
	case !info.Mode().IsRegular():
		return "not a regular file"
	}
	f, err := os.Open(filepath.Join(s.dir, name))
	if err != nil {
		return err.Error()
	}
	defer func() { _ = f.Close() }()
	if _, err := readHeader(f); errors.Is(err, errNotQcow2) {
		return err.Error()
	}
	return fmt.Sprintf("%v; rename it", wrong)
}

// unfinished extracts the image name from that of a partial file:
// .NAME.DIGEST.part.
func unfinished(file string) (name string, ok bool) {
	stem, isPart := strings.CutSuffix(file, partSuffix)
	stem, hidden := strings.CutPrefix(stem, ".")
	i := strings.LastIndexByte(stem, '.')
	if !isPart || !hidden || i < 0 || CheckName(stem[:i]) != nil {
		return "", false
	}
	return stem[:i], true
}

// orphan extracts the image name from that of a manifest without an image.
func (s *Store) orphan(file string) (name string, ok bool) {
	name, ok = strings.CutSuffix(file, manifestSuffix)
	if !ok || CheckName(name) != nil {
		return "", false
	}
	_, err := os.Lstat(filepath.Join(s.dir, name))
	return name, errors.Is(err, fs.ErrNotExist)
}

// Find returns the image of that name, or ErrName, ErrNotFound or ErrUnsafe.
// The name may come from a renter.
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
	// Do not follow links, because their target may change. O_NONBLOCK is for
	// FIFOs.
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
	seen, ok := versionOf(info)
	if !ok {
		return t.checkWhole(ctx, f, info.Size())
	}
	fault, err := s.whole.get(ctx, seen, func() (error, error) {
		err := t.checkWhole(ctx, f, info.Size())
		if errors.Is(err, errCutOff) || errors.Is(err, errTables) {
			return err, nil
		}
		return nil, err // an error of the disk or the caller, not of the file
	})
	return cmp.Or(err, fault)
}

// adopt turns a checked file into an image. Its header is read before it gets
// the name.
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
	// A link, unlike a rename, never replaces an image that was added
	// meanwhile.
	target := filepath.Join(s.dir, name)
	if err := os.Link(part, target); err != nil {
		return Image{}, fmt.Errorf("publish the image: %w", err)
	}
	if err := errors.Join(os.Remove(part), syncPath(s.dir)); err != nil {
		return Image{}, fmt.Errorf("publish the image: %w", err)
	}
	return s.Find(ctx, name)
}
