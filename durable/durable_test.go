package durable

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// held keeps the lock of that program.
var held func() error

// TestMain is the program that holds a lock, where a test starts it as one.
func TestMain(m *testing.M) {
	if path := os.Getenv("DURABLE_TEST_LOCK"); path != "" {
		var err error
		if held, err = Lock(path); err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString("held\n")
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
	os.Exit(m.Run())
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	defer syscall.Umask(syscall.Umask(0o027))
	for _, text := range []string{"first", "second"} {
		if err := WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		info, err2 := os.Stat(path)
		if err := errors.Join(err, err2); err != nil || string(got) != text || info.Mode().Perm() != 0o644 {
			t.Fatalf("%q %v %v", got, info, err)
		}
	}
	// What cannot be replaced stays, and nothing lies beside it.
	folder := filepath.Join(filepath.Dir(path), "folder")
	if err := os.MkdirAll(filepath.Join(folder, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(folder, []byte("text"), 0o644); err == nil {
		t.Error("a folder was replaced")
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 2 {
		t.Errorf("%v %v", entries, err)
	}
}

// TestNarrower: a file that was readable for others gets the mode that was asked for, and
// its text is in no other folder meanwhile, where a kill would leave it.
func TestNarrower(t *testing.T) {
	elsewhere, path := t.TempDir(), filepath.Join(t.TempDir(), "file")
	t.Setenv("TMPDIR", elsewhere)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(elsewhere)
	if err := errors.Join(err, os.Chmod(path, 0o666)); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if after, err := os.Stat(elsewhere); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("something was written to TMPDIR: %v", err)
	}
}

// TestRoom: a file system that can have no further files has no room.
func TestRoom(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		files, free, want uint64
	}{{100, 1, 8192}, {100, 0, 0}, {0, 0, 8192}} {
		if got := room(&syscall.Statfs_t{Bavail: 2, Bsize: 4096, Files: c.files, Ffree: c.free}); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	if ReadOnly(t.TempDir()) {
		t.Error("a folder that was just made")
	}
	if readOnly(&syscall.Statfs_t{Flags: 0x20 | 0x400}) || !readOnly(&syscall.Statfs_t{Flags: 0x20 | 1}) {
		t.Error("the flag is misread")
	}
}

// TestAwaitLock: who waits gets it once it is released, says once that he waits, and can
// give up.
func TestAwaitLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	if _, err := AwaitLock(ctx, path, func() { stop(enough) }); !errors.Is(err, ErrLocked) || !errors.Is(err, enough) {
		t.Error(err)
	}
	said := 0
	again, err := AwaitLock(t.Context(), path, func() { said++; err = release() })
	if err != nil || said != 1 {
		t.Fatalf("said %d times: %v", said, err)
	}
	if err := again(); err != nil {
		t.Error(err)
	}
}

// TestLock: one program has it, and a killed one has it no longer.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	holder := exec.CommandContext(t.Context(), os.Args[0])
	holder.Env = append(os.Environ(), "DURABLE_TEST_LOCK="+path)
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := holder.StdoutPipe()
	if err := errors.Join(err, holder.Start()); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("%q %v", line, err)
	}
	if _, err := Lock(path); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	_ = holder.Process.Kill()
	_ = holder.Wait()
	release, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("twice in one program: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(link); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("a link was followed: %v", err)
	}
}
