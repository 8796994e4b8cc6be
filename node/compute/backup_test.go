package compute

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/backup"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/names"
)

// computeNode makes a compute node with two VMs in its journal, which stays open as a
// running node's does.
func computeNode(t *testing.T, data string) conf.Compute {
	t.Helper()
	home := t.TempDir()
	k, err := Init(home, map[string]string{"chain_id": "dbc-devnet-1", "public_ip": "127.0.0.1", "data_dir": data})
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := conf.LoadCompute(home)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(cfg.JournalPath(), names.Binding{ChainID: cfg.ChainID, GenesisHash: "aa", MachineID: k.MachineID()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	for id, kept := range map[string]time.Time{"aaaaaaaaaaaaaaaaaaaaaa": {}, "bbbbbbbbbbbbbbbbbbbbbb": time.Now().Add(time.Hour)} {
		_, err := j.Add(journal.Task{
			ID: id, Rental: journal.Rental{ID: 7, Renter: "dbc1alice", End: time.Now().Add(time.Hour)},
			Disks: journal.Disks{Folder: id}, Progress: journal.Progress{State: lifecycle.Running}, Keep: journal.Keep{Until: kept},
			Login: journal.Login{User: "dbc", Password: "hunter2"},
		}, func([]journal.Task, *journal.Task) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	return cfg
}

// TestRestoreOnNewHardware: the node comes back with its key, and says of each VM what is
// left.
func TestRestoreOnNewHardware(t *testing.T) {
	t.Parallel()
	data, err := os.MkdirTemp("", "dbc-b") //nolint:usetesting // a data folder's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(data) })
	cfg := computeNode(t, data)
	m, files, vms, err := Backup(t.Context(), cfg.Home)
	if err != nil || len(vms) != 2 {
		t.Fatalf("%+v, %v", vms, err)
	}
	text, err := json.Marshal(vms)
	if err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("%s, %v", text, err)
	}
	home := filepath.Join(t.TempDir(), "new")
	if _, err := Restore(home, m, files); !errors.Is(err, backup.ErrExists) {
		t.Errorf("beside a journal: %v", err)
	}
	if err := os.RemoveAll(data); err != nil { // the hardware died
		t.Fatal(err)
	}
	left, err := Restore(home, m, files)
	if err != nil || len(left) != 2 {
		t.Fatalf("%+v, %v", left, err)
	}
	for _, l := range left {
		want, open := FateGone, true
		if l.TaskID[0] == 'b' {
			want, open = FateKeptGone, false
		}
		if l.Fate != want || l.RentalOpen != open || l.RentID != 7 {
			t.Errorf("%+v", l)
		}
	}
	again, err := conf.LoadCompute(home)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{conf.KeyFile, conf.ConfFile} {
		before, err1 := os.ReadFile(filepath.Join(cfg.Home, name))
		after, err2 := os.ReadFile(filepath.Join(again.Home, name))
		if errors.Join(err1, err2) != nil || string(before) != string(after) {
			t.Errorf("%s differs: %v", name, errors.Join(err1, err2))
		}
	}
	sameModes(t, cfg.Home, again.Home)
	if _, err := Restore(home, m, files); !errors.Is(err, backup.ErrExists) {
		t.Errorf("into a home with a node: %v", err)
	}
}

// sameModes: as in a home that init made, a node without privileges reads the
// configuration, which root owns, and nobody else reads the key.
func sameModes(t *testing.T, made, restored string) {
	t.Helper()
	for _, name := range []string{".", "conf", conf.ConfFile, conf.PeerFile, "dat", conf.KeyFile} {
		want, err1 := os.Stat(filepath.Join(made, name))
		have, err2 := os.Stat(filepath.Join(restored, name))
		if err := errors.Join(err1, err2); err != nil {
			t.Error(err)
		} else if have.Mode() != want.Mode() {
			t.Errorf("%s: mode %v, want %v", name, have.Mode(), want.Mode())
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if _, err := node.Init(home, conf.RoleClient, map[string]string{"chain_id": "dbc-devnet-1"}); err != nil {
		t.Fatal(err)
	}
	m, files, _, err := Backup(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	without := func(name string) (list []backup.File) {
		for _, f := range files {
			if f.Name != name {
				list = append(list, f)
			}
		}
		return list
	}
	otherChain, otherNode, otherKind := m, m, m
	otherChain.ChainID, otherNode.NodeID, otherKind.Kind = "dbc-devnet-2", "00", "dbcd"
	for name, c := range map[string]struct {
		manifest backup.Manifest
		files    []backup.File
	}{
		"another chain":    {otherChain, files},
		"another node":     {otherNode, files},
		"another kind":     {otherKind, files},
		"no key":           {m, without(conf.KeyFile)},
		"no configuration": {m, without(conf.ConfFile)},
		"a file of others": {m, append(without(""), backup.File{Name: "conf/other", Text: []byte("x")})},
		"a damaged list":   {m, append(without(vmsName), backup.File{Name: vmsName, Text: []byte("{")})},
	} {
		to := filepath.Join(t.TempDir(), "home")
		if _, err := Restore(to, c.manifest, c.files); !errors.Is(err, backup.ErrArchive) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Lstat(to); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: something is there: %v", name, err)
		}
	}
}
