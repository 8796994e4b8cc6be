package journal_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestRoomIsTakenOnce: a journal that is reopened already has its space. If it
// allocated more, it would take what a renter has just freed on a full disk.
func TestRoomIsTakenOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	var sizes []int64
	for run := range 3 {
		j, now := open(t, path), time.Now()
		for i := range 200 {
			if err := j.Use(t.Context(), "a wallet", strconv.Itoa(1000*run+i), now.Add(time.Minute), now); err != nil {
				t.Fatal(err)
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, info.Size())
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if sizes[0] == 0 || sizes[1] != sizes[0] || sizes[2] != sizes[0] {
		t.Errorf("the file has %d bytes in three runs, want no more in a later one", sizes)
	}
}
