package host

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests/taskdir"
)

// TestStrays: folders that no task has are named and can be removed; those of a
// task, or of one whose disks another has now, can't.
func TestStrays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, err := journal.Open(filepath.Join(dir, "journal.db"), bound)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	files := taskdir.Open(dir, images{}.Overlay)
	const own, kept, stray = "aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc"
	for _, task := range []journal.Task{{ID: own}, {ID: "dddddddddddddddddddd", Disks: journal.Disks{Folder: kept}}} {
		if _, err := j.AddChanging(task, func([]journal.Task, *journal.Task) ([]journal.Task, error) { return nil, nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{own, kept, stray, "lost+found"} {
		if err := os.MkdirAll(filepath.Join(dir, "tasks", name), 0o711); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Strays(t.Context(), files, j); err != nil || !slices.Equal(got, []string{stray}) {
		t.Fatalf("strays are %q, %v", got, err)
	}
	for _, name := range []string{own, kept, "lost+found", "../" + stray, ""} {
		if err := RemoveStray(t.Context(), files, j, name); !errors.Is(err, ErrNotStray) {
			t.Errorf("remove %q: %v", name, err)
		}
	}
	if err := RemoveStray(t.Context(), files, j, stray); err != nil {
		t.Fatal(err)
	}
	if got, err := Strays(t.Context(), files, j); err != nil || len(got) != 0 {
		t.Errorf("strays are %q, %v", got, err)
	}
}
