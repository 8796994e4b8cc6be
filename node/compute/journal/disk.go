package journal

import (
	"encoding/json"
	"slices"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/vm"
)

// Format is how a disk's file is laid out. It is recorded and never guessed: a
// guest can write another format's header to the start of a raw disk.
type Format string

// The formats.
const (
	Raw   Format = "raw"
	QCOW2 Format = "qcow2"
)

// Disks are all disks of a VM. They outlive its task if they are kept.
type Disks struct {
	// Folder is named after the task that the disks were made for.
	Folder string `json:"folder"`
	// Image is the image below the system disk.
	Image  Image `json:"image"`
	System Disk  `json:"system"`
	// Firmware is what the VM boots by; the variables of UEFI are among its disks.
	Firmware vm.Firmware `json:"-"`
	// Data are the data disks, by name.
	Data []Disk `json:"data,omitempty"`
}

// Image is a guest image. Its name can be given to other content later, its digest
// can't.
type Image struct {
	Name string `json:"name"`
	// Digest is the file's SHA-256 in hex; "" where the disks were made by a node
	// that did not record it, or are not made yet.
	Digest string `json:"digest,omitempty"`
}

// Disk is one disk of a VM.
type Disk struct {
	// Name of the system disk is vda, of data disks vdb to vdy: the file is named
	// after it, and it is the disk's serial number in the guest, which may use
	// other names.
	Name   string `json:"name"`
	Format Format `json:"format"`
	GiB    uint64 `json:"gib"`
	// Doing is DiskAdding, DiskResizing or DiskDeleting while the change is pending, ""
	// otherwise.
	Doing lifecycle.State `json:"doing,omitempty"`
	// WantGiB is the size after DiskResizing.
	WantGiB uint64 `json:"want_gib,omitempty"`
}

// SystemDisk is the name of every VM's system disk.
const SystemDisk = "vda"

// NewSystemDisk returns a system disk of the given size.
func NewSystemDisk(gib uint64) Disk { return Disk{Name: SystemDisk, Format: QCOW2, GiB: gib} }

// NewDataDisk returns a data disk of the given size, with no change pending.
func NewDataDisk(name string, gib uint64) Disk { return Disk{Name: name, Format: Raw, GiB: gib} }

// plainDisks are Disks without methods.
type plainDisks Disks

// storedDisks are Disks in the file. Builds whose only choice was UEFI or not wrote "uefi"
// alone, and so does this one for what they know.
type storedDisks struct {
	plainDisks

	UEFI     bool        `json:"uefi,omitempty"`
	Firmware vm.Firmware `json:"firmware,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (d Disks) MarshalJSON() ([]byte, error) {
	s := storedDisks{plainDisks: plainDisks(d), UEFI: d.Firmware.IsUEFI()}
	if d.Firmware != vm.BIOS && d.Firmware != vm.UEFI {
		s.Firmware = d.Firmware
	}
	return json.Marshal(s)
}

// UnmarshalJSON implements json.Unmarshaler.
func (d *Disks) UnmarshalJSON(text []byte) error {
	var s storedDisks
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	*d = Disks(s.plainDisks)
	switch {
	case s.Firmware != "":
		d.Firmware = s.Firmware
	case s.UEFI:
		d.Firmware = vm.UEFI
	default:
		d.Firmware = vm.BIOS
	}
	return d.Firmware.Validate()
}

// GiB is the most that all of them may take, pending changes included.
func (d Disks) GiB() uint64 {
	sum := d.System.GiB
	for _, disk := range d.Data {
		sum += max(disk.GiB, disk.WantGiB)
	}
	return sum
}

// Clone returns a copy that shares nothing.
func (d Disks) Clone() Disks {
	d.Data = slices.Clone(d.Data)
	return d
}

// Shown returns the state in the original's words: a pending change of a disk
// takes precedence over a VM's state at rest.
func (t Task) Shown() lifecycle.State {
	for _, d := range t.Disks.Data {
		if d.Doing != "" && (t.Progress.State == lifecycle.Running || t.Progress.State == lifecycle.Closed) {
			return d.Doing
		}
	}
	return t.Progress.State
}
