package compute

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/taskdir"
)

// TestSplit: the journal of a node of one process becomes the node's once, after
// whose VMs are in it was recorded.
func TestSplit(t *testing.T) {
	t.Parallel()
	cfg := conf.Compute{Node: conf.Node{ChainID: "dbc-devnet-1"}, Guests: conf.Guests{RunDir: t.TempDir(), DataDir: filepath.Join(t.TempDir(), "data")}}
	p := &parts{cfg: cfg}
	give := func() error { return Split(cfg, os.Getuid(), os.Getgid()) }
	if err := os.MkdirAll(cfg.DataDir, 0o711); err != nil {
		t.Fatal(err)
	}
	old, own := p.journalPath(), filepath.Join(cfg.DataDir, "node", "journal.db")
	named := names.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"}.VM(7, "aaaaaaaaaaaaaaaaaaaa")
	const task = "aaaaaaaaaaaaaaaaaaaa"
	j, err := journal.Open(old, names.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"})
	if err == nil {
		_, err = j.AddChanging(journal.Task{
			ID: task, Rental: journal.Rental{ID: 7}, Identity: journal.Identity{
				UUID: named.UUID, HostKey: journal.Secret(strings.Repeat("ab", 32)), Cards: []journal.Card{{MAC: named.MAC.String(), Tap: named.Tap}},
			},
			Disks: journal.Disks{Folder: task}, Progress: journal.Progress{State: lifecycle.Running},
		}, func([]journal.Task, *journal.Task) ([]journal.Task, error) { return nil, nil })
	}
	if err != nil || j.Close() != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(taskdir.Dir(cfg.DataDir), task), 0o711); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(old)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := give(); err != nil {
			t.Fatal(err)
		}
		if now, err := os.ReadFile(own); err != nil || !bytes.Equal(now, text) || p.journalPath() != own {
			t.Errorf("journal at %s: %d bytes, want %d, %v", p.journalPath(), len(now), len(text), err)
		}
		if _, err := os.Stat(filepath.Join(cfg.DataDir, "record", task+".json")); err != nil {
			t.Errorf("its VM is in no record: %v", err)
		}
	}
	if info, err := os.Stat(cfg.NodeDir()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the node's folder: %v, %v", info, err)
	}
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := give(); !errors.Is(err, node.ErrBound) {
		t.Errorf("two journals: %v", err)
	}
	if err := errors.Join(os.Remove(old), os.Symlink(own, old)); err != nil {
		t.Fatal(err)
	}
	if err := give(); !errors.Is(err, ErrRoot) {
		t.Errorf("a link for a journal: %v", err)
	}
}

// TestSplitAfterFailedRestore: a task whose restore failed has the identity of the VM whose
// disks it gave back, and no folder. It must stop neither a split nor the start of a node
// of one process, which adopt the same list.
func TestSplitAfterFailedRestore(t *testing.T) {
	t.Parallel()
	const kept, failed = "aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb"
	cfg := conf.Compute{Node: conf.Node{ChainID: "dbc-devnet-1"}, Guests: conf.Guests{RunDir: t.TempDir(), DataDir: filepath.Join(t.TempDir(), "data")}}
	bound := names.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"}
	named := bound.VM(7, kept)
	j, err := journal.Open(cfg.OldJournal(), bound)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range []journal.Task{
		{ID: kept, Rental: journal.Rental{ID: 7}, Progress: journal.Progress{State: lifecycle.Closed}},
		{ID: failed, Rental: journal.Rental{ID: 8}, Progress: journal.Progress{State: lifecycle.CreateError}},
	} {
		task.Disks.Folder = task.ID
		task.Identity = journal.Identity{
			UUID: named.UUID, HostKey: journal.Secret(strings.Repeat("ab", 32)), Cards: []journal.Card{{MAC: named.MAC.String(), Tap: named.Tap}},
		}
		if _, err := j.AddChanging(task, func([]journal.Task, *journal.Task) ([]journal.Task, error) { return nil, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(j.Close(), os.MkdirAll(filepath.Join(taskdir.Dir(cfg.DataDir), kept), 0o711)); err != nil {
		t.Fatal(err)
	}
	if err := Split(cfg, os.Getuid(), os.Getgid()); err != nil {
		t.Fatal(err)
	}
	for task, want := range map[string]error{kept: nil, failed: fs.ErrNotExist} {
		if _, err := os.Stat(filepath.Join(cfg.DataDir, "record", task+".json")); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", task, err, want)
		}
	}
}

// owned is a file of another user.
type owned struct{ fs.FileInfo }

func (o owned) Sys() any { return &syscall.Stat_t{Uid: uint32(os.Geteuid()) + 1} }

// TestSplitTwice: a journal that a split gave to the node before it was killed says no
// more whose disks are whose.
func TestSplitTwice(t *testing.T) {
	t.Parallel()
	cfg := conf.Compute{Guests: conf.Guests{DataDir: t.TempDir()}}
	if err := os.WriteFile(cfg.OldJournal(), []byte("what the node wrote"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(cfg.OldJournal())
	if err != nil {
		t.Fatal(err)
	}
	if err := adoptOnce(cfg, cfg.OldJournal(), owned{info}); !errors.Is(err, ErrRoot) {
		t.Errorf("nothing was ever recorded: %v", err)
	}
	if err := os.Mkdir(filepath.Join(cfg.DataDir, "record"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := adoptOnce(cfg, cfg.OldJournal(), owned{info}); err != nil {
		t.Errorf("the record is there: %v", err)
	}
	if err := adoptOnce(cfg, cfg.OldJournal(), info); !errors.Is(err, journal.ErrDamaged) {
		t.Errorf("root's own: %v", err)
	}
}
