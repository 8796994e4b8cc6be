package image

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// filled creates an image of a fully written disk of size bytes.
func filled(t testing.TB, path string, size int, args ...string) []byte {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "raw")
	text := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	if err := os.WriteFile(raw, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := qemuImg(t.Context(), append([]string{"convert", "-f", "raw", "-O", "qcow2"}, append(args, raw, path)...)...); err != nil {
		t.Fatal(err)
	}
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// TestCutOffImages verifies that an image is refused wherever the download was
// truncated, and that complete images are accepted whatever program made them.
func TestCutOffImages(t *testing.T) {
	t.Parallel()
	for kind, args := range map[string][]string{
		"plain": nil, "old": {"-o", "compat=0.10"}, "compressed": {"-c"}, "zstd": {"-c", "-o", "compression_type=zstd"},
		"small clusters": {"-o", "cluster_size=512"}, "large clusters": {"-o", "cluster_size=2M"}, "allocated": {"-o", "preallocation=metadata"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			whole := filled(t, filepath.Join(dir, "whole.qcow2"), 8<<20, args...)
			protect(t, filepath.Join(dir, "whole.qcow2"))
			store := Open(dir)
			if _, err := store.Find(t.Context(), "whole.qcow2"); err != nil {
				t.Fatal(err)
			}
			// With preallocation the metadata comes last, and after the last
			// used cluster the file may end anywhere.
			for _, part := range []int{1, 10, 30, 50} {
				name := filepath.Join(dir, "part.qcow2")
				if err := os.WriteFile(name, whole[:len(whole)*part/100], 0o444); err != nil {
					t.Fatal(err)
				}
				_, err := store.Find(t.Context(), "part.qcow2")
				if !errors.Is(err, ErrUnsafe) {
					t.Errorf("%d %% of %d bytes: %v", part, len(whole), err)
				}
				if err := os.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
			faults, err := store.Faults(t.Context())
			if err != nil || len(faults) != 0 {
				t.Errorf("%v, %v", faults, err)
			}
		})
	}
}

// TestCutOffIsSaid verifies that the list of images says what to do.
func TestCutOffIsSaid(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	whole := filled(t, filepath.Join(t.TempDir(), "whole.qcow2"), 8<<20)
	if err := os.WriteFile(filepath.Join(dir, "part.qcow2"), whole[:len(whole)-len(whole)/3], 0o444); err != nil {
		t.Fatal(err)
	}
	store := Open(dir)
	for range 2 { // the second time from the cache
		faults, err := store.Faults(t.Context())
		if err != nil || len(faults) != 1 || !strings.Contains(faults[0].Reason, "cut off") || !strings.Contains(faults[0].Reason, "fetch it again") {
			t.Errorf("%+v, %v", faults, err)
		}
	}
	if images, err := store.List(t.Context()); err != nil || len(images) != 0 {
		t.Errorf("offered: %v, %v", images, err)
	}
}

// TestFaultOfTheDiskIsNotTheFiles verifies that a file which could not be read
// is read again.
func TestFaultOfTheDiskIsNotTheFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "whole.qcow2")
	h, err := readHeader(bytes.NewReader(filled(t, path, 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	store := Open(dir)
	look := func(broken bool) error {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if broken {
			_ = f.Close()
		}
		return store.checkWhole(t.Context(), f, info, h.tables)
	}
	if err := look(true); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a file that can't be read: %v", err)
	}
	if err := look(false); err != nil {
		t.Errorf("when it can again: %v", err)
	}
}

func TestOtherFilesAreNamed(t *testing.T) {
	t.Parallel()
	sector := func(offset int, magic string) string { return strings.Repeat("\x00", offset) + magic }
	for file, want := range map[string]string{
		"": "empty", "<!DOCTYPE html><html>": "web page", "\n <HTML><body>404": "web page", "\x1f\x8b\x08": "gunzip", "\xfd7zXZ\x00\x00": "unxz",
		"\x28\xb5\x2f\xfd\x84X": "unzstd", "BZh91": "bunzip2", "PK\x03\x04\x14": "unzip", sector(257, "ustar"): "tar -xf", "KDMV\x01": "VMDK",
		"# Disk DescriptorFile\n": "VMDK", "vhdxfile": "VHDX", "conectix": "VHD", sector(64, "\x7f\x10\xda\xbe"): "VDI", "QED\x00": "QED",
		sector(0x8001, "CD001"): "install", sector(510, "\x55\xaa"): "raw", sector(512, "EFI PART"): "raw", sector(0, "LUKS\xba\xbe"): "cryptsetup", "hello": "qemu-img info",
	} {
		if err := notQcow2(strings.NewReader(file)); !errors.Is(err, errNotQcow2) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", file, err, want)
		}
	}
}

// FuzzTables verifies that no tables make the check read more than the file, or
// panic.
func FuzzTables(f *testing.F) {
	f.Add(filled(f, filepath.Join(f.TempDir(), "a.qcow2"), 16<<10, "-o", "cluster_size=512"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := readHeader(bytes.NewReader(raw))
		if err != nil {
			return
		}
		if err := h.tables.checkWhole(t.Context(), bytes.NewReader(raw), int64(len(raw))); err == nil && h.tables.l1Offset > uint64(len(raw)) {
			t.Errorf("%+v passes in %d bytes", h.tables, len(raw))
		}
	})
}
