package record_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/vm"
)

var sent = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// name is the identity of tasks as testdata/v0 has it.
func name(rentID uint64, _ string) record.VM {
	n := rentID % 100
	if rentID == 107 {
		n = 1
	}
	return record.VM{
		UUID: vm.UUID(fmt.Sprintf("0badcafe-0000-8000-8000-%012d", n)), Instance: fmt.Sprintf("0badcafe-0000-8000-8000-%012d", n),
		Hostname: "dbc-0badcafe", MAC: fmt.Sprintf("02:00:00:00:00:%02x", n), Tap: fmt.Sprintf("dt00000000%02x", n),
	}
}

// old is a copy of what a helper of schema 0 wrote.
func old(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS("testdata/v0")))
	return dir
}

func open(t *testing.T, dir string) *record.Store {
	t.Helper()
	s, err := record.Open(dir, name)
	must(t, err)
	return s
}

func folder(n int) string { return fmt.Sprintf("task%018d", n) }

// want are the records of testdata/v0 as they have to be now.
func want() []record.Record {
	return []record.Record{
		{
			Schema: 1, Folder: folder(0), Wallet: "dbc1renter000", Image: "tiny.qcow2", GiB: 10, VM: name(100, ""),
			Holder: record.Holder{TaskID: folder(0), RentID: 100},
		},
		{
			Schema: 1, Folder: folder(1), Wallet: "dbc1renter001", Image: "debian-12.qcow2", GiB: 12, Disks: []string{"vdb", "vdc"}, VM: name(107, ""),
			Holder: record.Holder{
				TaskID: "taskaaaaaaaaaaaaaaaaaa", RentID: 107, Addr: netip.MustParseAddr("172.31.224.3"), Seed: "5eed", Signed: true,
				Keys: []string{"ssh-ed25519 AAAA"},
			},
			Earlier: []string{folder(1)}, Proofs: map[string]string{"taskaaaaaaaaaaaaaaaaaa": "d1ge57"},
		},
		{
			Schema: 1, Folder: folder(2), Wallet: "dbc1renter002", Image: "debian-12.qcow2", GiB: 10, Removing: true, VM: name(102, ""),
			Holder: record.Holder{TaskID: folder(2), RentID: 102, Addr: netip.MustParseAddr("172.31.224.4"), Seed: "5eed2"},
		},
	}
}

// TestMigration: each record is as it was, before and after it is written in the new
// form; a kill leaves some of them in either.
func TestMigration(t *testing.T) {
	t.Parallel()
	dir := old(t)
	for written := range 4 {
		s := open(t, dir)
		for i, r := range want() {
			have, err := s.Get(folder(i))
			if i < written {
				r.GiB = 99
			}
			if err != nil || !reflect.DeepEqual(have, r) {
				t.Errorf("%d written: got %+v, %v, want %+v", written, have, err, r)
			}
		}
		if written < 3 {
			_, err := s.Change(folder(written), func(r *record.Record, _ bool) error { r.GiB = 99; return nil })
			must(t, err)
		}
	}
	s := open(t, dir)
	for nonce, want := range map[string]error{"nonce0": record.ErrForgotten, "nonce1": record.ErrUsed, "nonce2": record.ErrUsed} {
		if err := s.Use("dbc1renter001", "dbc1signer", nonce, sent, sent); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", nonce, err, want)
		}
	}
	must(t, s.Use("dbc1renter001", "dbc1signer", "nonce3", sent.Add(50*time.Hour), sent.Add(50*time.Hour)))
	open(t, dir)
}

// TestRefused: what can't be understood stops the helper, with what to do about it,
// and is left as it is.
func TestRefused(t *testing.T) {
	t.Parallel()
	edit := func(change func(map[string]any)) func([]byte) []byte {
		return func(text []byte) []byte {
			all := map[string]any{}
			_ = json.Unmarshal(text, &all)
			change(all)
			text, _ = json.Marshal(all)
			return text
		}
	}
	newer := edit(func(r map[string]any) { r["schema"] = 2 })
	for what, c := range map[string]struct {
		file   string
		change func([]byte) []byte
		want   error
		says   string
	}{
		"a newer record":        {folder(1) + ".json", newer, record.ErrNewer, "run the version"},
		"newer nonces":          {"used-nonces.json", newer, record.ErrNewer, "run the version"},
		"a record cut off":      {folder(1) + ".json", func(text []byte) []byte { return text[:40] }, record.ErrDamaged, "put a copy"},
		"an empty record":       {folder(1) + ".json", func([]byte) []byte { return nil }, record.ErrDamaged, "put a copy"},
		"another folder's":      {folder(1) + ".json", edit(func(r map[string]any) { r["folder"] = folder(2) }), record.ErrDamaged, folder(2)},
		"another's VM":          {folder(0) + ".json", edit(func(r map[string]any) { r["holder"].(map[string]any)["uuid"] = "x" }), record.ErrDamaged, "put a copy"},
		"no VM":                 {folder(0) + ".json", func([]byte) []byte { return []byte(`{"schema":1,"folder":"` + folder(0) + `"}`) }, record.ErrDamaged, "names no VM"},
		"nonces that are noise": {"used-nonces.json", func([]byte) []byte { return []byte("\x00\x01") }, record.ErrDamaged, "put a copy"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := old(t)
			path := filepath.Join(dir, c.file)
			text, err := os.ReadFile(path)
			must(t, err)
			text = c.change(text)
			must(t, os.WriteFile(path, text, 0o600))
			if _, err := record.Open(dir, name); !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("got %v, want %v with %q", err, c.want, c.says)
			}
			if now, err := os.ReadFile(path); err != nil || string(now) != string(text) {
				t.Errorf("it was changed, %v", err)
			}
		})
	}
}

// TestNobodys: no record is written that names no VM, nor outside of its folder.
func TestNobodys(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	s := open(t, filepath.Join(home, "record"))
	whole := func(r *record.Record, _ bool) error { *r = want()[0]; return nil }
	for _, bad := range []string{"", ".", "..", "../" + folder(0), "/etc/" + folder(0), folder(0) + "/x", strings.Repeat("a", 23)} {
		if _, err := s.Change(bad, whole); !errors.Is(err, record.ErrUnknown) {
			t.Errorf("folder %q: %v", bad, err)
		}
	}
	if _, err := s.Change(folder(0), func(*record.Record, bool) error { return nil }); !errors.Is(err, record.ErrUnknown) {
		t.Errorf("an empty record: %v", err)
	}
	for _, dir := range []string{home, filepath.Join(home, "record")} {
		entries, err := os.ReadDir(dir)
		must(t, err)
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".json") {
				t.Errorf("%s is in %s", e.Name(), dir)
			}
		}
	}
}

// TestOneVMPerFolder: a task, and each part of a VM's identity, is one folder's, also
// in what is read: a record of two folders as one VM is not guessed at.
func TestOneVMPerFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	put := func(n int, change func(*record.Record)) error {
		_, err := s.Change(folder(n), func(r *record.Record, _ bool) error {
			*r = record.Record{VM: name(uint64(n), ""), Holder: record.Holder{TaskID: folder(n)}, Earlier: []string{folder(n + 50)}}
			change(r)
			return nil
		})
		return err
	}
	must(t, put(1, func(*record.Record) {}))
	for what, change := range map[string]func(*record.Record){
		"task":               func(r *record.Record) { r.Holder.TaskID = folder(1) },
		"a task before":      func(r *record.Record) { r.Holder.TaskID = folder(51) },
		"task, once its own": func(r *record.Record) { r.Earlier = []string{folder(1)} },
		"uuid":               func(r *record.Record) { r.VM.UUID = name(1, "").UUID },
		"mac":                func(r *record.Record) { r.VM.MAC = name(1, "").MAC },
		"tap":                func(r *record.Record) { r.VM.Tap = name(1, "").Tap },
	} {
		if err := put(2, change); !errors.Is(err, record.ErrShared) {
			t.Errorf("the %s of another folder: %v", what, err)
		}
	}
	must(t, put(2, func(*record.Record) {}))
	text, err := os.ReadFile(filepath.Join(dir, folder(1)+".json"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, folder(3)+".json"), []byte(strings.Replace(string(text), folder(1), folder(3), 1)), 0o600))
	if _, err := record.Open(dir, name); !errors.Is(err, record.ErrDamaged) {
		t.Errorf("two records of one VM: %v", err)
	}
}
