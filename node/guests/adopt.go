package guests

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
)

// Kept is a VM of a node without a helper, as its journal has it.
type Kept struct {
	// Folder has the disks, TaskID has the folder; Earlier are the tasks that had it.
	Folder, TaskID string
	Earlier        []string
	RentID         uint64
	// Wallet is the renter's.
	Wallet string
	// Image and GiB are the system disk's, Disks the names of the data disks.
	Image string
	GiB   uint64
	Disks []string
	// Firmware is what the disks' VM boots by.
	Firmware vm.Firmware
	UUID     vm.UUID
	Tap      string
	// Seed is the one that the guest was made with. Only its identity, logins and
	// card count.
	Seed seed.Data
}

// Adopt records the VMs of a node that had no helper, as root, before its journal
// becomes the node's: their disks are whose it says. Tasks without a folder are left out.
func Adopt(data string, b names.Binding, kept []Kept) error {
	files := taskdir.Open(data, image.Overlay)
	records, err := openRecords(data, files, b)
	if err != nil {
		return err
	}
	return adopt(records, files, kept)
}

// Recorded reports whether a data folder has a record, empty or not.
func Recorded(data string) (bool, error) {
	_, err := os.Lstat(filepath.Join(data, recordDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("look for the record: %w", err)
	}
	return err == nil, nil
}

// adopt leaves out tasks without a folder: they have no disks, and after a failed restore
// one has the identity of the VM whose disks it gave back.
func adopt(records *record.Store, files *taskdir.Store, kept []Kept) error {
	for _, k := range kept {
		if there, err := files.Exists(k.Folder); err != nil {
			return fmt.Errorf("task %s: %w", k.TaskID, err)
		} else if !there {
			continue
		}
		_, err := records.Change(k.Folder, func(r *record.Record, known bool) error {
			if !known {
				*r = k.record()
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (k Kept) record() record.Record {
	r := record.Record{
		Wallet: k.Wallet, Image: k.Image, GiB: k.GiB, Disks: k.Disks, Firmware: k.Firmware,
		VM:     record.VM{UUID: k.UUID, Instance: k.Seed.InstanceID, Hostname: k.Seed.Hostname, MAC: k.Seed.MAC.String(), Tap: k.Tap},
		Holder: record.Holder{TaskID: k.TaskID, RentID: k.RentID, Addr: k.Seed.Addr.Addr(), Seed: seedDigest(k.Seed)},
	}
	for _, earlier := range append([]string{k.Folder}, k.Earlier...) {
		if earlier != "" && !r.HeldBy(earlier) {
			r.Earlier = append(r.Earlier, earlier)
		}
	}
	return r
}

// Folders are those of a node of one process that does not run.
type Folders struct {
	data    string
	binding names.Binding
}

// OpenFolders returns the folders below a data folder.
func OpenFolders(data string, b names.Binding) Folders { return Folders{data, b} }

// Folders names every VM's folder that is there.
func (f Folders) Folders(ctx context.Context) ([]string, error) {
	return taskdir.Open(f.data, image.Overlay).Folders(ctx)
}

// Wipe deletes a folder, and then its record.
func (f Folders) Wipe(ctx context.Context, folder string) (taskdir.Wiped, error) {
	files := taskdir.Open(f.data, image.Overlay)
	records, err := openRecords(f.data, files, f.binding)
	if err != nil {
		return taskdir.Wiped{}, err
	}
	return wipe(ctx, records, files, folder)
}
