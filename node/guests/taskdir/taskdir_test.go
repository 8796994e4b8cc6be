package taskdir_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
)

const folder = "aaaaaaaaaaaaaaaaaaaa"

func open(t *testing.T) (*taskdir.Store, string) {
	t.Helper()
	data := t.TempDir()
	s := taskdir.Open(data, func(_ context.Context, _ image.Image, path string, _ int64) error {
		return os.WriteFile(path, nil, 0o600)
	})
	must(t, s.MakeSystem(t.Context(), folder, image.Image{}, 10))
	return s, filepath.Join(data, "tasks", folder)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	ctx := t.Context()
	must(t, s.FindSystem(folder))
	for _, gib := range []uint64{3, 5, 4} { // never smaller
		must(t, s.SizeDisk(ctx, folder, "vdb", gib, true))
	}
	if info, err := os.Stat(filepath.Join(dir, "vdb.raw")); err != nil || info.Size() != 5<<30 || info.Mode() != 0o600 {
		t.Errorf("%+v, %v", info, err)
	}
	must(t, os.Mkdir(filepath.Join(filepath.Dir(dir), "lost+found"), 0o700))
	if list, err := s.Folders(ctx); err != nil || len(list) != 1 || list[0] != folder {
		t.Errorf("folders are %q, %v", list, err)
	}
	if stored, err := s.Stored(ctx, folder); err != nil || stored != (taskdir.Stored{}) {
		t.Errorf("%+v is stored of disks of zeros, %v", stored, err)
	}
	if err := s.SizeDisk(ctx, folder, "vdc", 1, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a lost disk: %v", err)
	}
	for range 2 {
		must(t, s.RemoveDisk(ctx, folder, "vdb"))
		must(t, s.RemoveSeed(ctx, folder))
	}
	must(t, os.WriteFile(filepath.Join(dir, taskdir.System), make([]byte, 8192), 0o600))
	for round := range 2 {
		wiped, err := s.Wipe(ctx, folder)
		must(t, err)
		if wiped.Method != taskdir.Unlinked || (wiped.Bytes > 0) != (round == 0) {
			t.Errorf("round %d: wiped as %+v", round, wiped)
		}
	}
	if err := s.FindSystem(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after all was deleted: %v", err)
	}
}

// TestStored: everything in a VM's folder counts, by the blocks that it has, and only what
// its disks have counts for what was promised to them.
func TestStored(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	ctx := t.Context()
	must(t, s.SizeDisk(ctx, folder, "vdb", 5, true)) // a hole of 5 GiB
	must(t, os.MkdirAll(filepath.Join(dir, "snapshots"), 0o711))
	blocks := func(name string, size int) uint64 {
		t.Helper()
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_WRONLY, 0o600)
		must(t, err)
		_, err = f.Write(make([]byte, size))
		must(t, errors.Join(err, f.Sync(), f.Close()))
		info, err := os.Stat(f.Name())
		must(t, err)
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok || stat.Blocks == 0 {
			t.Fatalf("%s: %+v", name, info.Sys())
		}
		return uint64(stat.Blocks) * 512
	}
	want := taskdir.Stored{Disks: blocks(taskdir.System, 3<<20) + blocks("vdb.raw", 1<<20)}
	want.All = want.Disks
	for name, size := range map[string]int{
		taskdir.Seed: 400 << 10, taskdir.Console: 2 << 20, taskdir.NVRAM: 540 << 10, "snapshots/one.qcow2": 1 << 20, "system.qcow2.new": 1 << 20,
		"vdz.raw": 1 << 20, "snapshots/vdb.raw": 1 << 20,
	} {
		want.All += blocks(name, size)
	}
	if got, err := s.Stored(ctx, folder); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if wiped, err := s.Wipe(ctx, folder); err != nil || wiped.Bytes != want.All {
		t.Errorf("wiped %+v, %v, want %d bytes", wiped, err, want.All)
	}
	if got, err := s.Stored(ctx, folder); err != nil || got != (taskdir.Stored{}) {
		t.Errorf("after the wipe: %+v, %v", got, err)
	}
}

// TestNames verifies that no name leads to a path outside the folders.
func TestNames(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	ctx := t.Context()
	for _, bad := range []string{"", ".", "..", "../" + folder, folder + "/..", "/etc", "short", strings.Repeat("a", 23), "aaaaaaaaaaaaaaaaaaa\x00", "аaaaaaaaaaaaaaaaaaaa"} {
		_, readErr := s.ReadConsole(ctx, bad, true)
		_, storedErr := s.Stored(ctx, bad)
		_, wipeErr := s.Wipe(ctx, bad)
		for _, err := range []error{
			s.MakeSystem(ctx, bad, image.Image{}, 1), s.FindSystem(bad), wipeErr, s.SizeDisk(ctx, bad, "vdb", 1, true),
			s.RemoveDisk(ctx, bad, "vdb"), s.WriteSeed(ctx, bad, seed.Data{}), s.RemoveSeed(ctx, bad), s.TrimConsole(ctx, bad), readErr, storedErr,
		} {
			if !errors.Is(err, taskdir.ErrName) {
				t.Errorf("folder %q: %v", bad, err)
			}
		}
	}
	for _, bad := range []string{"", "vda", "vdz", "vdbb", "../x", "system.qcow2"} {
		for _, err := range []error{s.SizeDisk(ctx, folder, bad, 1, true), s.RemoveDisk(ctx, folder, bad)} {
			if !errors.Is(err, taskdir.ErrName) {
				t.Errorf("disk %q: %v", bad, err)
			}
		}
	}
	if err := s.SizeDisk(ctx, folder, "vdb", taskdir.MaxGiB+1, true); !errors.Is(err, taskdir.ErrSize) {
		t.Errorf("too large: %v", err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

// TestConsole: the file belongs to QEMU's user, who may put anything in its
// place.
func TestConsole(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	ctx, path := t.Context(), filepath.Join(dir, taskdir.Console)
	if text, err := s.ReadConsole(ctx, folder, true); err != nil || text != nil {
		t.Errorf("before it spoke: %q, %v", text, err)
	}
	must(t, os.WriteFile(path, []byte("first"+strings.Repeat("x", taskdir.MaxConsole)+"last"), 0o600))
	for _, tail := range []bool{true, false} {
		text, err := s.ReadConsole(ctx, folder, tail)
		if err != nil || len(text) != taskdir.MaxRead || strings.HasSuffix(string(text), "last") != tail || strings.HasPrefix(string(text), "first") == tail {
			t.Errorf("tail %v: %d bytes, %v", tail, len(text), err)
		}
	}
	must(t, s.TrimConsole(ctx, folder))
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Errorf("after the cut: %v, %v", info, err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("secret"), 0o600))
	for name, plant := range map[string]func() error{
		"link": func() error { return os.Symlink(secret, path) },
		"pipe": func() error { return syscall.Mkfifo(path, 0o600) },
	} {
		must(t, os.Remove(path))
		must(t, plant())
		if text, err := s.ReadConsole(ctx, folder, true); err == nil || text != nil {
			t.Errorf("a %s: %q, %v", name, text, err)
		}
	}
}
