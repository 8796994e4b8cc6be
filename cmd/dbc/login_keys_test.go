package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestLoginKeys: what made a virtual machine logs in without being named.
func TestLoginKeys(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"x", "x.pub", "agent.pub", "odd"} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := keepLoginKeys(home, taskOne, []string{"./x.pub", "agent.pub", "odd", "gone.pub"}); err != nil {
		t.Fatal(err)
	}
	t.Chdir(home)
	want := []string{filepath.Join(dir, "x"), filepath.Join(dir, "agent.pub"), filepath.Join(dir, "odd")}
	if got := identities(home, taskOne); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := identities(home, taskTwo); got != nil {
		t.Errorf("of another: %q", got)
	}
	if err := keepLoginKeys(home, "../../x", []string{"x.pub"}); err == nil {
		t.Error("wrote outside of its folder")
	}
	forgetLoginKeys(home, taskOne)
	if got := identities(home, taskOne); got != nil {
		t.Errorf("deleted: %q", got)
	}
}
