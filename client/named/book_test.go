package named

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a", "train", "a-b", "gpu1", strings.Repeat("a", 32)} {
		if err := Check(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "-a", "a-", "1a", "7", "A", "a b", "a\nHost *", "a\n", "a.b", "a/b", "..", "a%h", "a*", "ä", "a\x00", strings.Repeat("a", 33), "$(id)", "a;id",
	} {
		if err := Check(bad); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestBook(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	b, err := Open(home, "dbc-devnet-1")
	if err != nil {
		t.Fatal(err)
	}
	if all, err := b.All(); err != nil || len(all) != 0 {
		t.Errorf("an empty book: %v %v", all, err)
	}
	if _, err := b.Get("train"); !errors.Is(err, ErrNone) {
		t.Errorf("none: %v", err)
	}
	want := VM{Name: "train", MachineID: "m", TaskID: "task"}
	if err := b.Put(want); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Get("train"); err != nil || got.TaskID != "task" || got.MachineID != "m" {
		t.Errorf("%+v %v", got, err)
	}
	path := filepath.Join(home, "vms", "dbc-devnet-1", "train.json")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if b.Of("task") != "train" || b.Of("other") != "" || b.Of("") != "" {
		t.Error("Of")
	}
	if !Known(home, "train") || Known(home, "other") || Known(home, "../x") {
		t.Error("Known")
	}
	if other, err := Open(home, "dbc-devnet-2"); err != nil {
		t.Error(err)
	} else if _, err := other.Get("train"); !errors.Is(err, ErrNone) {
		t.Errorf("another chain's: %v", err)
	}
	// A record that a full disk cut short, or that has another's name, is no VM.
	for _, content := range []string{"", "{", `{"name":"other"}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Get("train"); err == nil || errors.Is(err, ErrNone) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", content, err)
		}
		if all, err := b.All(); err != nil || len(all) != 0 {
			t.Errorf("%q: %v %v", content, all, err)
		}
	}
	for range 2 {
		if err := b.Delete("train"); err != nil {
			t.Error(err)
		}
		if _, err := b.Get("train"); !errors.Is(err, ErrNone) || !b.Gone("train") || b.Gone("other") || !Known(home, "train") {
			t.Errorf("deleted: %v", err)
		}
	}
	if left, err := os.ReadFile(strings.TrimSuffix(path, ".json") + gone); err != nil || len(left) != 0 {
		t.Errorf("left of it: %q %v", left, err)
	}
	if err := b.Put(want); err != nil || b.Gone("train") {
		t.Errorf("given again: %v", err)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	b, err := Open(t.TempDir(), "dbc-devnet-1")
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := b.Lock("train")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Lock("train"); !errors.Is(err, ErrBusy) {
		t.Errorf("locked twice: %v", err)
	}
	other, err := b.Lock("other")
	if err != nil {
		t.Fatal(err)
	}
	other()
	unlock()
	again, err := b.Lock("train")
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestOpenNoFolder(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "..", "a/b", "-x", "a\x00"} {
		if _, err := Open(t.TempDir(), bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
