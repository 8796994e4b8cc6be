package journal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/netip"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/vm"
)

// task0 is a task of schema 0, which is no longer written.
type task0 struct {
	ID             string          `json:"id"`
	RentID         uint64          `json:"rent_id"`
	Renter         string          `json:"renter"`
	Created        time.Time       `json:"created"`
	Desc           string          `json:"desc,omitempty"`
	Status         lifecycle.State `json:"status"`
	Reason         *notice.Reason  `json:"reason,omitempty"`
	Warnings       []notice.Notice `json:"warnings,omitempty"`
	Image          string          `json:"image"`
	CPUs           int             `json:"cpus"`
	MemoryMiB      uint64          `json:"memory_mib"`
	GPUs           int             `json:"gpus"`
	SystemGiB      uint64          `json:"system_gib"`
	UEFI           bool            `json:"uefi,omitempty"`
	Disks          []disk0         `json:"disks,omitempty"`
	Reserved       Reservation     `json:"reserved"`
	Pending        bool            `json:"pending,omitempty"`
	Ports          []Port          `json:"ports"`
	Addr           netip.Addr      `json:"addr"`
	UUID           vm.UUID         `json:"uuid"`
	Domain         string          `json:"domain"`
	MAC            string          `json:"mac"`
	Tap            string          `json:"tap"`
	User           string          `json:"user"`
	AuthorizedKeys []string        `json:"authorized_keys,omitempty"`
	Password       Secret          `json:"password,omitempty"`
	PasswordHash   Secret          `json:"password_hash,omitempty"`
	HostKey        Secret          `json:"host_key"`
	HostKeyPublic  string          `json:"host_key_public"`
	Consent        *auth.Proof     `json:"consent,omitempty"`
	Steps          []Step          `json:"steps"`
	RentStart      time.Time       `json:"rent_start"`
	RentEnd        time.Time       `json:"rent_end"`
	ConfirmBy      time.Time       `json:"confirm_by,omitzero"`
	Over           *Over           `json:"over,omitempty"`
	StopAt         time.Time       `json:"stop_at,omitzero"`
	KeepUntil      time.Time       `json:"keep_until,omitzero"`
	RestoreFrom    string          `json:"restore_from,omitempty"`
	KeptUntil      time.Time       `json:"kept_until,omitzero"`
	DisksFrom      string          `json:"disks_from,omitempty"`
	RestoredBy     string          `json:"restored_by,omitempty"`
	GiveBack       bool            `json:"give_back,omitempty"`
	Evictable      bool            `json:"evictable,omitempty"`
	Paused         bool            `json:"paused,omitempty"`
	Restarts       int             `json:"restarts,omitempty"`
	RetryAt        time.Time       `json:"retry_at,omitzero"`
}

// disk0 is a data disk of schema 0.
type disk0 struct {
	Name    string          `json:"name"`
	GiB     uint64          `json:"gib"`
	Doing   lifecycle.State `json:"doing,omitempty"`
	WantGiB uint64          `json:"want_gib,omitempty"`
}

// migrateTask0 converts a task to this schema. It refuses what it does not know.
func migrateTask0(text []byte) (Task, error) {
	var o task0
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&o); err != nil {
		return Task{}, err
	}
	return Task{
		ID: o.ID, Created: o.Created, Desc: o.Desc, Domain: o.Domain, Warnings: o.Warnings,
		Rental:   Rental{ID: o.RentID, Renter: o.Renter, Start: o.RentStart, End: o.RentEnd, ConfirmBy: o.ConfirmBy, Over: o.Over},
		Identity: o.identity(),
		Login:    Login{User: o.User, AuthorizedKeys: o.AuthorizedKeys, Password: o.Password, PasswordHash: o.PasswordHash},
		Wanted:   Wanted{CPUs: o.CPUs, MemoryMiB: o.MemoryMiB, GPUs: o.GPUs, Pending: o.Pending},
		Disks:    o.disks(),
		Network:  Network{Addr: o.Addr, Ports: o.Ports},
		Reserved: o.Reserved,
		Progress: Progress{
			State: o.Status, Reason: o.Reason, Steps: o.Steps, StopAt: o.StopAt, Paused: o.Paused, Restarts: o.Restarts, RetryAt: o.RetryAt,
		},
		Restored: Restored{From: o.RestoreFrom, Until: o.KeptUntil, Consent: o.Consent, GiveBack: o.GiveBack},
		Keep:     Keep{Until: o.KeepUntil, Evictable: o.Evictable, LentTo: o.RestoredBy, Rename: !o.KeepUntil.IsZero()},
	}, nil
}

// identity derives the identity: builds of schema 0 derived instance id and host name from
// the UUID whenever they needed them. A task that had taken over kept disks had its own.
func (o task0) identity() Identity {
	uuid := string(o.UUID)
	return Identity{
		ID: o.ID, UUID: o.UUID, InstanceID: uuid, Hostname: "dbc-" + uuid[:min(8, len(uuid))],
		Cards: []Card{{MAC: o.MAC, Tap: o.Tap}}, HostKey: o.HostKey, HostKeyPublic: o.HostKeyPublic,
	}
}

// disks converts the disks: builds of schema 0 made only QCOW2 system disks and raw data
// disks.
func (o task0) disks() Disks {
	d := Disks{Folder: cmp.Or(o.DisksFrom, o.ID), Image: Image{Name: o.Image}, System: NewSystemDisk(o.SystemGiB), Firmware: vm.BIOS}
	if o.UEFI {
		d.Firmware = vm.UEFI
	}
	for _, old := range o.Disks {
		d.Data = append(d.Data, Disk{Name: old.Name, Format: Raw, GiB: old.GiB, Doing: old.Doing, WantGiB: old.WantGiB})
	}
	return d
}
