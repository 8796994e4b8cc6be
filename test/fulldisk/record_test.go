package fulldisk

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/node/helper/record"
)

// TestTheHelpersRecordOnAFullDisk: what a removal writes before it frees anything
// finds room, for several folders, also for a helper that starts on a full disk.
func TestTheHelpersRecordOnAFullDisk(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint("restarted ", restart), func(t *testing.T) {
			disk := small(t)
			dir := filepath.Join(disk, "record")
			s, err := record.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			const folders = 5
			for i := range folders {
				if _, err := s.Change(fmt.Sprint("folder", i), func(r *record.Record, _ bool) error { r.Disks = []string{"vdb"}; return nil }); err != nil {
					t.Fatal(err)
				}
			}
			fill(t, filepath.Join(disk, "hog"))
			if restart {
				if s, err = record.Open(dir); err != nil {
					t.Fatal(err)
				}
			}
			for i := range folders {
				if _, err := s.Change(fmt.Sprint("folder", i), func(r *record.Record, _ bool) error { r.Removing = true; return nil }); err != nil {
					t.Fatalf("folder %d is being removed: %v", i, err)
				}
			}
			if s, err = record.Open(dir); err != nil {
				t.Fatal(err)
			}
			for i := range folders {
				r, err := s.Get(fmt.Sprint("folder", i))
				if err != nil || !r.Removing || !r.HasDisk("vdb") {
					t.Errorf("folder %d after a restart: %+v, %v", i, r, err)
				}
				if err := s.Delete(r.Folder); err != nil {
					t.Error(err)
				}
			}
			if s, err = record.Open(dir); err != nil || len(s.All()) != 0 {
				t.Errorf("%d records are left, %v", len(s.All()), err)
			}
			if _, err := s.Get("folder0"); !errors.Is(err, record.ErrUnknown) {
				t.Error(err)
			}
		})
	}
}
