package main

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestDryRunKeepsNoKey: a session that was not made leaves no key behind.
func TestDryRunKeepsNoKey(t *testing.T) {
	w := newWorld(t)
	w.add(t, 1, taskOne)
	files := func() (list []string) {
		_ = filepath.WalkDir(w.home, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !strings.Contains(path, "outbox") {
				list = append(list, path)
			}
			return nil
		})
		return list
	}
	before := files()
	if code, out, errOut := w.dbc(t, "session", "create", "1", "--dry-run"); code != exitDone {
		t.Fatalf("%d %s%s", code, out, errOut)
	}
	if after := files(); len(after) != len(before) {
		t.Errorf("files: %v, before %v", after, before)
	}
}
