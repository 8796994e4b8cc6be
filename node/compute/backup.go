package compute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/dbc-network/dbc/backup"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/node/key"
)

// vmsName is the archive's list of VMs: what the journal means, without its secrets.
const vmsName = "vms.json"

// VM is a virtual machine as a backup lists it.
type VM struct {
	TaskID string          `json:"task_id"`
	RentID uint64          `json:"rent_id"`
	Renter string          `json:"renter"`
	State  lifecycle.State `json:"state"`
	// Folder has its disks below data_dir/tasks; "" where it has none.
	Folder string `json:"folder,omitempty"`
	// RentalEnds is the rental's end as last known, KeptUntil that of disks that were kept.
	RentalEnds time.Time `json:"rental_ends"`
	KeptUntil  time.Time `json:"kept_until,omitzero"`
}

// Fate says what is left of a VM on the computer of a restored node.
type Fate string

// The fates.
const (
	// FateGone: the VM is gone with its disks.
	FateGone Fate = "VM_AND_DISKS_GONE"
	// FateKeptGone: the rental was over, and the disks that were kept for its renter are
	// gone.
	FateKeptGone Fate = "KEPT_DISKS_GONE"
	// FateDisks: a folder with its name is here: dbc node check names it.
	FateDisks Fate = "FOLDER_IS_HERE"
)

// Left is a VM with its fate.
type Left struct {
	VM
	Fate Fate `json:"fate"`
	// RentalOpen reports that its rental had not ended by this computer's clock.
	RentalOpen bool `json:"rental_open"`
}

// Backup returns the files of a node for an archive, and what its journal lists. The node
// may run.
func Backup(ctx context.Context, home string) (m backup.Manifest, files []backup.File, vms []VM, err error) {
	cfg, err := conf.LoadNode(home)
	if err != nil {
		return m, nil, nil, err
	}
	k, err := key.Load(cfg.KeyPath())
	if err != nil {
		return m, nil, nil, err
	}
	m = backup.Manifest{Kind: backup.KindNode, Created: time.Now().UTC(), Version: node.Version(), ChainID: cfg.ChainID, NodeID: k.MachineID()}
	for _, name := range []string{conf.ConfFile, conf.PeerFile, conf.KeyFile} {
		text, err := os.ReadFile(filepath.Join(cfg.Home, name))
		if errors.Is(err, fs.ErrNotExist) && name == conf.PeerFile {
			continue
		}
		if err != nil {
			return m, nil, nil, fmt.Errorf("read %s: %w", name, err)
		}
		files = append(files, backup.File{Name: name, Text: text})
	}
	vms = []VM{}
	if cfg.Role == conf.RoleMining {
		if vms, err = listed(ctx, home); err != nil {
			return m, nil, nil, err
		}
	}
	text, err := json.MarshalIndent(vms, "", "  ")
	if err != nil {
		return m, nil, nil, fmt.Errorf("encode the list of virtual machines: %w", err)
	}
	return m, append(files, backup.File{Name: vmsName, Text: text}), vms, nil
}

// listed reads a copy of the journal.
func listed(ctx context.Context, home string) (vms []VM, err error) {
	vms = []VM{}
	cfg, err := conf.LoadCompute(home)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(cfg.JournalPath()); errors.Is(err, fs.ErrNotExist) {
		return vms, nil
	}
	dir, remove, err := backup.Scratch("", "dbc-backup-") // the journal has guests' passwords
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	at := filepath.Join(dir, "journal.db")
	if err := journal.Snapshot(ctx, cfg.JournalPath(), at); err != nil {
		return nil, err
	}
	binding, known, err := journal.Peek(at)
	if err != nil || !known {
		return vms, err
	}
	j, err := journal.Open(at, binding)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	tasks, err := j.Tasks()
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	for _, t := range tasks {
		if t.Keep.LentTo != "" {
			continue // the other task has the disks, and is here too
		}
		vms = append(vms, VM{
			TaskID: t.ID, RentID: t.Rental.ID, Renter: t.Rental.Renter, State: t.Progress.State, Folder: t.Disks.Folder,
			RentalEnds: t.Rental.End, KeptUntil: t.Keep.Until,
		})
	}
	return vms, nil
}

// Restore writes a node from an archive into an empty home and says what is left of its
// VMs here. The archive's node must not run anywhere: two with one key answer each other's
// renters and challenges.
func Restore(home string, m backup.Manifest, files []backup.File) (left []Left, err error) {
	if m.Kind != backup.KindNode {
		return nil, fmt.Errorf("%w: it is of %q, want %q", backup.ErrArchive, m.Kind, backup.KindNode)
	}
	var vms []VM
	var keep []backup.File
	for _, f := range files {
		switch f.Name {
		case vmsName:
			if err := json.Unmarshal(f.Text, &vms); err != nil {
				return nil, fmt.Errorf("%w: %s: %w", backup.ErrArchive, vmsName, err)
			}
		case conf.ConfFile, conf.PeerFile, conf.KeyFile:
			keep = append(keep, f)
		default:
			return nil, fmt.Errorf("%w: a node has no file %s", backup.ErrArchive, f.Name)
		}
	}
	err = backup.Extract(home, keep, func(folder string) error {
		data, err := tried(m, folder)
		if err == nil && data != nil {
			left, err = fates(*data, vms)
		}
		if err != nil {
			return err
		}
		return readable(folder)
	})
	return left, err
}

// readable gives the configuration the modes that Init gives it: root owns it, and a node
// without privileges reads it.
func readable(home string) error {
	for name, mode := range map[string]fs.FileMode{filepath.Dir(conf.ConfFile): 0o755, conf.ConfFile: 0o644, conf.PeerFile: 0o644} {
		if err := os.Chmod(filepath.Join(home, name), mode); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("restore %s: %w", name, err)
		}
	}
	return nil
}

// tried refuses what the node would refuse, before it has its place. For a compute node it
// returns where its guests are.
func tried(m backup.Manifest, home string) (data *conf.Guests, err error) {
	cfg, err := conf.LoadNode(home)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", backup.ErrArchive, err)
	}
	k, err := key.Load(cfg.KeyPath())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", backup.ErrArchive, err)
	}
	if k.MachineID() != m.NodeID || cfg.ChainID != m.ChainID {
		return nil, fmt.Errorf("%w: key and configuration are of node %s on %s, the manifest says %s on %s",
			backup.ErrArchive, k.MachineID(), cfg.ChainID, m.NodeID, m.ChainID)
	}
	if cfg.Role != conf.RoleMining {
		return nil, nil
	}
	compute, err := conf.LoadCompute(home)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", backup.ErrArchive, err)
	}
	return &compute.Guests, nil
}

// fates refuses a computer whose data folder has a journal: it is another node's, or this
// one's, which needs no backup.
func fates(cfg conf.Guests, vms []VM) (left []Left, err error) {
	for _, path := range []string{cfg.Journal(), cfg.OldJournal()} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, fmt.Errorf("a node's journal %s %w: move it away, or restore on another computer", path, backup.ErrExists))
		}
	}
	for _, v := range vms {
		fate := FateGone
		if !v.KeptUntil.IsZero() {
			fate = FateKeptGone
		}
		if taskdir.CheckFolder(v.Folder) == nil {
			if _, err := os.Lstat(filepath.Join(taskdir.Dir(cfg.DataDir), v.Folder)); err == nil {
				fate = FateDisks
			}
		}
		left = append(left, Left{VM: v, Fate: fate, RentalOpen: v.KeptUntil.IsZero() && v.RentalEnds.After(time.Now())})
	}
	return left, nil
}
