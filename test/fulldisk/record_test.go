package fulldisk

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/vm"
)

func folderOf(i int) string { return fmt.Sprintf("folder%015d", i) }

// unnamed is for records of schema 0, of which there are none here.
func unnamed(uint64, string) record.VM { return record.VM{} }

// TestTheHelpersRecordOnAFullDisk verifies that there is room for what a
// removal writes before it frees anything, for several folders, also for a
// helper that starts on a full disk.
func TestTheHelpersRecordOnAFullDisk(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint("restarted ", restart), func(t *testing.T) {
			disk := small(t)
			dir := filepath.Join(disk, "record")
			s, err := record.Open(dir, unnamed)
			if err != nil {
				t.Fatal(err)
			}
			const folders = 5
			for i := range folders {
				if _, err := s.Change(folderOf(i), func(r *record.Record, _ bool) error {
					r.VM.UUID, r.Holder.TaskID, r.Disks = vm.UUID(fmt.Sprintf("0badcafe-0000-8000-8000-%012d", i)), folderOf(i), []string{"vdb"}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			fill(t, filepath.Join(disk, "hog"))
			if restart {
				if s, err = record.Open(dir, unnamed); err != nil {
					t.Fatal(err)
				}
			}
			for i := range folders {
				if _, err := s.Change(folderOf(i), func(r *record.Record, _ bool) error { r.Removing = true; return nil }); err != nil {
					t.Fatalf("folder %d is being removed: %v", i, err)
				}
			}
			if s, err = record.Open(dir, unnamed); err != nil {
				t.Fatal(err)
			}
			for i := range folders {
				r, err := s.Get(folderOf(i))
				if err != nil || !r.Removing || !r.HasDisk("vdb") {
					t.Errorf("folder %d after a restart: %+v, %v", i, r, err)
				}
				if err := s.Delete(r.Folder); err != nil {
					t.Error(err)
				}
			}
			if s, err = record.Open(dir, unnamed); err != nil {
				t.Fatal(err)
			}
			for i := range folders {
				if _, err := s.Get(folderOf(i)); !errors.Is(err, record.ErrUnknown) {
					t.Errorf("folder %d is left: %v", i, err)
				}
			}
		})
	}
}
