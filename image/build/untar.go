package build

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// unpack extracts a tarball into root and records the owners, because only root
// could change them here. Device nodes are skipped, because the guest creates
// its own.
func (b *builder) unpack(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := os.Mkdir(b.root, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(b.root)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	b.owners = map[string]owner{}
	// Set the modes of folders last, so that folders without w can be filled.
	modes := map[string]os.FileMode{}
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(path), err)
		}
		name := filepath.Clean(strings.TrimPrefix(h.Name, "./"))
		if name == "." {
			continue
		}
		if err := unpackOne(root, name, h, r); err != nil {
			return fmt.Errorf("unpack %s: %w", name, err)
		}
		b.owners[name] = owner{h.Uid, h.Gid}
		if h.Typeflag == tar.TypeDir {
			modes[name] = h.FileInfo().Mode()
		}
	}
	for name, mode := range modes {
		if err := root.Chmod(name, permissions(mode)); err != nil {
			return err
		}
	}
	return os.Remove(path)
}

// permissions returns the bits that chmod knows.
func permissions(mode os.FileMode) os.FileMode {
	return mode & (os.ModePerm | os.ModeSetuid | os.ModeSetgid | os.ModeSticky)
}

func unpackOne(root *os.Root, name string, h *tar.Header, content io.Reader) error {
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, name)
	case tar.TypeLink:
		return root.Link(filepath.Clean(strings.TrimPrefix(h.Linkname, "./")), name)
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Close(), root.Chmod(name, permissions(h.FileInfo().Mode())))
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return nil
	}
	return fmt.Errorf("a tar entry of type %q is not known", h.Typeflag)
}
