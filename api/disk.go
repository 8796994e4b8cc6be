package api

import "github.com/dbc-network/dbc/api/notice"

// AddDisk is additional of PathDiskAdd.
type AddDisk struct {
	// Size is in GiB.
	Size Text `json:"size"`
}

// ResizeDisk is additional of PathDiskResize.
type ResizeDisk struct {
	// Disk is the name of a data disk, such as vdb.
	Disk string `json:"disk"`
	// Size is in GiB, more than now.
	Size Text `json:"size"`
}

// DeleteDisk is additional of PathDiskDelete.
type DeleteDisk struct {
	// Disk is the name of a data disk, such as vdb.
	Disk string `json:"disk"`
}

// Disk is a disk of a VM; vda is the system's.
type Disk struct {
	Disk string `json:"disk"`
	// Size is such as 10G (GiB).
	Size string `json:"size"`
	// Status is "disk adding", "disk resizing" or "disk deleting" while that is being
	// done, else "ok".
	Status string `json:"status"`
}

// Disks is the reply of PathDiskList. Reason says why the last change failed.
type Disks struct {
	TaskID string         `json:"task_id"`
	Disks  []Disk         `json:"disks"`
	Reason *notice.Reason `json:"reason,omitempty"`
}

// AddedDisk is the reply of PathDiskAdd: the disk's name, and its serial number in
// the guest, /dev/disk/by-id/virtio-vdb. Linux may call it otherwise.
type AddedDisk struct {
	Disk string `json:"disk"`
}
