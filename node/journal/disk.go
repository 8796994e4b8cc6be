package journal

import "github.com/dbc-network/dbc/lifecycle"

// Disk is a data disk of a task.
type Disk struct {
	// Name is vdb to vdy: the file is named after it, and it is the disk's serial
	// number in the guest, which may call it otherwise.
	Name string `json:"name"`
	GiB  uint64 `json:"gib"`
	// Doing is DiskAdding, DiskResizing or DiskDeleting while the change is still to be done, "" at rest.
	Doing lifecycle.State `json:"doing,omitempty"`
	// WantGiB is the size after DiskResizing.
	WantGiB uint64 `json:"want_gib,omitempty"`
}

// DiskGiB is what all disks of the task may take, changes to come included.
func (t Task) DiskGiB() uint64 {
	sum := t.SystemGiB
	for _, d := range t.Disks {
		sum += max(d.GiB, d.WantGiB)
	}
	return sum
}

// Shown is the status in the original's words: a disk's change stands before what
// the VM is at rest.
func (t Task) Shown() lifecycle.State {
	for _, d := range t.Disks {
		if d.Doing != "" && (t.Status == lifecycle.Running || t.Status == lifecycle.Closed) {
			return d.Doing
		}
	}
	return t.Status
}
