package build

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	loader    = "ld-linux-x86-64.so.2"
	maxLinks  = 16
	libFolder = "lib/x86_64-linux-gnu"
)

// libraryFolders are where packages put shared libraries, before and after the
// merge of / and /usr.
var libraryFolders = []string{libFolder, "usr/" + libFolder, "lib64", "usr/lib64"}

// find returns the first of these paths that exists, with links resolved within
// the unpacked packages.
func (b *builder) find(paths ...string) (string, error) {
	for _, p := range paths {
		if path, err := b.follow(p); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no package has %s", strings.Join(paths, " or "))
}

// follow resolves links as the installed system would, including absolute ones,
// which on this computer point elsewhere.
func (b *builder) follow(path string) (string, error) {
	for range maxLinks {
		path = filepath.Clean("/" + path)
		info, err := os.Lstat(filepath.Join(b.packages, path))
		if errors.Is(err, fs.ErrNotExist) && !strings.HasPrefix(path, "/usr/") {
			// A link into /lib whose package moved to /usr/lib.
			path = "/usr" + path
			info, err = os.Lstat(filepath.Join(b.packages, path))
		}
		if err != nil {
			return "", err
		}
		if info.Mode().Type() != fs.ModeSymlink {
			return filepath.Join(b.packages, path), nil
		}
		target, err := os.Readlink(filepath.Join(b.packages, path))
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return "", fmt.Errorf("%s: too many links", path)
}

// libraries returns every shared library that these programs need, directly or
// not, as name to file. The loader is among them.
func (b *builder) libraries(programs ...string) (map[string]string, error) {
	found := map[string]string{}
	for todo := programs; len(todo) > 0; todo = todo[1:] {
		names, err := needed(todo[0])
		if err != nil {
			return nil, err
		}
		for _, name := range append(names, loader) {
			if found[name] != "" {
				continue
			}
			path, err := b.findLibrary(name)
			if err != nil {
				return nil, fmt.Errorf("%s needs %s: %w", filepath.Base(todo[0]), name, err)
			}
			found[name] = path
			todo = append(todo, path)
		}
	}
	return found, nil
}

func (b *builder) findLibrary(name string) (string, error) {
	paths := make([]string, len(libraryFolders))
	for i, dir := range libraryFolders {
		paths[i] = filepath.Join(dir, name)
	}
	return b.find(paths...)
}

func needed(path string) ([]string, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	defer func() { _ = f.Close() }()
	names, err := f.ImportedLibraries()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	return names, nil
}

func copyFile(from, to string, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(mode), out.Close())
}
