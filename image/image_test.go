package image

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

const testSize = 64 << 20

// create creates a qcow2 with qemu-img, which the node needs anyway.
func create(t testing.TB, path string, args ...string) {
	t.Helper()
	argv := append([]string{"create", "-q", "-f", "qcow2"}, args...)
	if out, err := exec.CommandContext(t.Context(), "qemu-img", append(argv, path, "64M")...).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img (these tests need it): %v: %s", err, out)
	}
}

func protect(t *testing.T, path string) {
	t.Helper()
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
}

// newStore has good.qcow2 and one file of each kind that is refused.
func newStore(t *testing.T) (*Store, string) {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	create(t, at("good.qcow2"))
	create(t, at("v2.qcow2"), "-o", "compat=0.10")
	create(t, at("backed.qcow2"), "-F", "qcow2", "-b", at("good.qcow2"))
	create(t, at("passwd.qcow2"), "-u", "-F", "raw", "-b", "/etc/passwd")
	create(t, at("datafile.qcow2"), "-o", "data_file="+at("data.raw"))
	create(t, at("writable.qcow2"))
	if err := os.WriteFile(at("text.qcow2"), []byte("hello"), 0o444); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("empty.qcow2"), nil, 0o444); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(at("folder.qcow2"), 0o555); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("good.qcow2", at("link.qcow2")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"good", "v2", "backed", "passwd", "datafile"} {
		protect(t, at(name+".qcow2"))
	}
	return Open(dir), dir
}

func TestFind(t *testing.T) {
	t.Parallel()
	store, dir := newStore(t)
	for name, want := range map[string]error{
		"good.qcow2": nil, "v2.qcow2": nil,
		"backed.qcow2": ErrUnsafe, "passwd.qcow2": ErrUnsafe, "datafile.qcow2": ErrUnsafe, "writable.qcow2": ErrUnsafe,
		"text.qcow2": ErrUnsafe, "empty.qcow2": ErrUnsafe, "folder.qcow2": ErrUnsafe, "link.qcow2": ErrUnsafe,
		"none.qcow2": ErrNotFound, "good": ErrName, "data.raw": ErrName, "": ErrName, ".qcow2": ErrName,
		"../" + filepath.Base(dir) + "/good.qcow2": ErrName, "a/b.qcow2": ErrName, "-o.qcow2": ErrName, "a..b.qcow2": ErrName,
		"good.qcow2\x00": ErrName, "go\nod.qcow2": ErrName, "json:{}.qcow2": ErrName, strings.Repeat("x", 65) + ".qcow2": ErrName,
	} {
		img, err := store.Find(t.Context(), name)
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%q: got %v, want %v", name, err, want)
		}
		if err == nil && (img.Name != name || img.Path != filepath.Join(dir, name) || img.Format != "qcow2" || img.VirtualSize != testSize || img.Size == 0) {
			t.Errorf("got %+v", img)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	images, err := store.List(t.Context())
	if err != nil || len(images) != 2 || images[0].Name != "good.qcow2" || images[1].Name != "v2.qcow2" {
		t.Errorf("got %+v, %v", images, err)
	}
	if none, err := Open(filepath.Join(t.TempDir(), "none")).List(t.Context()); err != nil || len(none) > 0 {
		t.Errorf("no folder: %v, %v", none, err)
	}
}

func TestOverlay(t *testing.T) {
	t.Parallel()
	store, dir := newStore(t)
	base, err := store.Find(t.Context(), "good.qcow2")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "disk")
	// This is what a crash in the middle leaves behind.
	if err := os.WriteFile(path+".new", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Overlay(t.Context(), base, path, 2*testSize); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".new"); err == nil {
		t.Error("the half-made disk is still there")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := Check(t.Context(), path); err != nil {
		t.Error(err)
	}
	// The guest writes; repeating the step must not lose that.
	write(t, path)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := Overlay(t.Context(), base, path, 2*testSize); err != nil {
		t.Errorf("again: %v", err)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("again: the disk changed")
	}
	if err := Overlay(t.Context(), base, path, 3*testSize); err == nil {
		t.Error("a disk of another size was taken for the wished one")
	}
	if err := os.WriteFile(filepath.Join(dir, "other"), []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Overlay(t.Context(), base, filepath.Join(dir, "other"), testSize); err == nil {
		t.Error("a foreign file was taken for a disk")
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "qemu-io", "-f", "qcow2", "-c", "write -P 7 0 64k", path).CombinedOutput(); err != nil {
		t.Fatalf("qemu-io: %v: %s", err, out)
	}
}

func TestOverlayRefuses(t *testing.T) {
	t.Parallel()
	base := Image{Name: "good.qcow2", Path: "/images/good.qcow2", VirtualSize: testSize}
	dir := t.TempDir()
	if err := Overlay(t.Context(), base, filepath.Join(dir, "d"), testSize-512); !errors.Is(err, ErrTooSmall) {
		t.Errorf("small: %v", err)
	}
	for name, err := range map[string]error{
		"relative path": Overlay(t.Context(), base, "d", testSize),
		"odd size":      Overlay(t.Context(), base, filepath.Join(dir, "d"), testSize+1),
		"huge":          Overlay(t.Context(), base, filepath.Join(dir, "d"), MaxVirtualSize+512),
		"no base":       Overlay(t.Context(), base, filepath.Join(dir, "d"), testSize),
	} {
		if err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	left, _ := os.ReadDir(dir)
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestCheckFindsDamage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "disk.qcow2")
	create(t, path)
	write(t, path)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var l1 [8]byte
	if _, err := f.ReadAt(l1[:], 40); err != nil {
		t.Fatal(err)
	}
	// Make the first entry of the first-level table point to a useless offset.
	if _, err := f.WriteAt([]byte{0x80, 0, 0, 0, 0xff, 0xff, 2, 0}, int64(binary.BigEndian.Uint64(l1[:]))); err != nil {
		t.Fatal(err)
	}
	if err := Check(t.Context(), path); !errors.Is(err, ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}

func TestMessagesArePrintableAndShort(t *testing.T) {
	t.Parallel()
	l := &limitedBuffer{}
	for range 100 {
		_, _ = l.Write([]byte("\x1b[31mred\n\xff" + strings.Repeat("x", 100)))
	}
	if s := l.String(); len(s) > maxMessage*3 || strings.ContainsAny(s, "\x1b\n") || !utf8.ValidString(s) {
		t.Errorf("got %q", s)
	}
}

// TestDigest: an image is known by what is in its file, whatever it is called.
func TestDigest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, path, last := Open(dir), filepath.Join(dir, "some.qcow2"), ""
	for i := range 3 {
		_ = os.Remove(path)
		create(t, path)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, byte(i))
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		protect(t, path)
		want := fmt.Sprintf("%x", sha256.Sum256(text))
		for range 2 {
			if got, err := store.Digest(t.Context(), "some.qcow2"); err != nil || got != want || got == last {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		}
		last = want
	}
	if _, err := store.Digest(t.Context(), "none.qcow2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("none: %v", err)
	}
}
