package journal_test

import (
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
)

// old returns a copy of the journal that a build of schema 0 wrote; see testdata/v0.
func old(t *testing.T) string {
	t.Helper()
	in, err := os.Open("testdata/v0/journal.db.gz")
	must(t, err)
	defer func() { _ = in.Close() }()
	z, err := gzip.NewReader(in)
	must(t, err)
	path := filepath.Join(t.TempDir(), "journal.db")
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	_, err = io.Copy(out, z)
	must(t, errors.Join(err, out.Close()))
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type rows map[string]map[string]any

// wrote returns what that build said of its journal, bucket by bucket.
func wrote(t *testing.T) (list rows) {
	t.Helper()
	text, err := os.ReadFile("testdata/v0/journal.json")
	must(t, err)
	must(t, json.Unmarshal(text, &list))
	return list
}

// raw returns what is in a journal now, in the same form.
func raw(t *testing.T, path string) rows {
	t.Helper()
	list := rows{}
	db, err := bbolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			list[string(name)] = map[string]any{}
			return b.ForEach(func(k, v []byte) error {
				key := string(k)
				if strings.HasPrefix(string(name), "nonces") {
					key = hex.EncodeToString(k)
				}
				var value any = hex.EncodeToString(v)
				if json.Valid(v) {
					value = nil
					if err := json.Unmarshal(v, &value); err != nil {
						return err
					}
				}
				list[string(name)][key] = value
				return nil
			})
		})
	}))
	must(t, db.Close())
	return list
}

// moved maps each field of a task of schema 0 to where it is now.
var moved = map[string]string{
	"id": "id", "created": "created", "desc": "desc", "domain": "domain", "warnings": "warnings",
	"rent_id": "rental.id", "renter": "rental.renter", "rent_start": "rental.start", "rent_end": "rental.end",
	"confirm_by": "rental.confirm_by", "over": "rental.over",
	"uuid": "identity.uuid", "host_key": "identity.host_key", "host_key_public": "identity.host_key_public",
	"mac": "identity.cards.0.mac", "tap": "identity.cards.0.tap",
	"user": "login.user", "authorized_keys": "login.authorized_keys", "password": "login.password", "password_hash": "login.password_hash",
	"cpus": "wanted.cpus", "memory_mib": "wanted.memory_mib", "gpus": "wanted.gpus", "pending": "wanted.pending",
	"image": "disks.image.name", "system_gib": "disks.system.gib", "uefi": "disks.uefi", "disks": "disks.data", "disks_from": "disks.folder",
	"addr": "network.addr", "ports": "network.ports", "reserved": "reserved",
	"status": "progress.state", "reason": "progress.reason", "steps": "progress.steps", "stop_at": "progress.stop_at",
	"paused": "progress.paused", "restarts": "progress.restarts", "retry_at": "progress.retry_at",
	"restore_from": "restored.from", "kept_until": "restored.until", "consent": "restored.consent", "give_back": "restored.give_back",
	"keep_until": "keep.until", "evictable": "keep.evictable", "restored_by": "keep.lent_to",
}

// leaves returns all values below v, by path.
func leaves(v any, path string, into map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			leaves(value, strings.TrimPrefix(path+"."+key, "."), into)
		}
	case []any:
		for i, value := range v {
			leaves(value, fmt.Sprintf("%s.%d", path, i), into)
		}
	default:
		into[path] = v
	}
}

// wantTask returns what a task of schema 0 has to be now, made without the migration.
func wantTask(was map[string]any) map[string]any {
	want, before := map[string]any{}, map[string]any{}
	leaves(was, "", before)
	for path, value := range before {
		field, rest, deeper := strings.Cut(path, ".")
		if deeper {
			rest = "." + rest
		}
		want[moved[field]+rest] = value
	}
	uuid, id := was["uuid"].(string), was["id"]
	want["identity.id"], want["identity.instance_id"], want["identity.hostname"] = id, uuid, "dbc-"+uuid[:8]
	if want["disks.folder"] == nil {
		want["disks.folder"] = id
	}
	want["disks.system.name"], want["disks.system.format"] = "vda", "qcow2"
	if was["keep_until"] != nil {
		want["keep.rename"] = true
	}
	if list, ok := was["disks"].([]any); ok {
		for i := range list {
			want[fmt.Sprintf("disks.data.%d.format", i)] = "raw"
		}
	}
	return want
}

// TestMigration compares every record of a journal that a build before schemas wrote.
func TestMigration(t *testing.T) {
	t.Parallel()
	path := old(t)
	j := open(t, path)
	if tasks, err := j.Tasks(); err != nil || len(tasks) != len(wrote(t)["tasks"]) {
		t.Errorf("%d tasks, %v", len(tasks), err)
	}
	must(t, j.Close())
	before, after := wrote(t), raw(t, path)
	seen, states := map[string]bool{}, map[string]bool{}
	for id, task := range before["tasks"] {
		was := task.(map[string]any)
		for field := range was {
			seen[field] = true
		}
		states[was["status"].(string)] = true
		have := map[string]any{}
		leaves(after["tasks"][id], "", have)
		if want := wantTask(was); !reflect.DeepEqual(have, want) {
			for path := range want {
				if !reflect.DeepEqual(have[path], want[path]) {
					t.Errorf("%s: %s is %v, want %v", id, path, have[path], want[path])
				}
			}
			for path := range have {
				if _, ok := want[path]; !ok {
					t.Errorf("%s: %s is %v, want none", id, path, have[path])
				}
			}
		}
	}
	for field := range moved {
		if !seen[field] {
			t.Errorf("no task of the old journal has %s", field)
		}
	}
	for _, row := range lifecycle.Table() {
		if !states[string(row.State)] {
			t.Errorf("no task of the old journal is %s", row.State)
		}
	}
	delete(before, "tasks")
	delete(after, "tasks")
	before["meta"]["bound_to"], before["meta"]["schema"] = before["meta"]["binding"], float64(journal.Schema)
	before["meta"]["binding"] = after["meta"]["binding"] // the barrier
	if !reflect.DeepEqual(before, after) {
		t.Errorf("nonces, sessions and meta are\n%v, want\n%v", after, before)
	}
}

// TestBarrier: a build before schemas compares this binding with its own.
func TestBarrier(t *testing.T) {
	t.Parallel()
	path := old(t)
	must(t, open(t, path).Close())
	if b, ok, err := journal.Peek(path); err != nil || !ok || b != binding {
		t.Errorf("%+v, %v, %v", b, ok, err)
	}
	have := raw(t, path)["meta"]["binding"].(map[string]any)
	if have["machine_id"] == binding.MachineID || !strings.Contains(have["chain_id"].(string), "newer version") {
		t.Errorf("an old build reads %v", have)
	}
}

const killAt = "DBC_TEST_JOURNAL_KILL_AT"

// TestMain is also the program that is killed while it migrates.
func TestMain(m *testing.M) {
	path, at, child := strings.Cut(os.Getenv(killAt), ":")
	if !child {
		os.Exit(m.Run())
	}
	n := 0
	journal.Reached(func(step string) {
		if n++; fmt.Sprint(n) == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	})
	if _, err := journal.Open(path, binding); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(n)
	os.Exit(0)
}

// TestKilledMigration: killed at any step, the journal is entirely old or entirely new,
// and the next start makes it new.
func TestKilledMigration(t *testing.T) {
	t.Parallel()
	whole := old(t)
	migrate := func(path string, at int) (string, error) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s:%d", killAt, path, at))
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	steps, err := migrate(whole, 0)
	if err != nil || steps != fmt.Sprint(len(wrote(t)["tasks"])+4) {
		t.Fatalf("%s steps, %v", steps, err)
	}
	want := raw(t, whole)
	for at := 1; at <= len(wrote(t)["tasks"])+4; at++ {
		path := old(t)
		if out, err := migrate(path, at); err == nil || out != "" {
			t.Fatalf("step %d: was not killed: %s", at, out)
		}
		if have := raw(t, path); !reflect.DeepEqual(have, wrote(t)) && !reflect.DeepEqual(have, want) {
			t.Errorf("step %d: it is neither old nor new", at)
		}
		must(t, open(t, path).Close())
		if !reflect.DeepEqual(raw(t, path), want) {
			t.Errorf("step %d: it differs from one that was migrated at once", at)
		}
	}
}

// change edits a journal in a way that no build does.
func change(t *testing.T, path, bucket, key, value string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bucket)).Put([]byte(key), []byte(value)) }))
	must(t, db.Close())
}

// TestRefused: what can't be read is refused with a remedy, and left unchanged.
func TestRefused(t *testing.T) {
	t.Parallel()
	id := "task000000000000000002"
	migrated := func(t *testing.T) string {
		path := old(t)
		must(t, open(t, path).Close())
		return path
	}
	edit := func(bucket, key, value string, from func(*testing.T) string) func(*testing.T) string {
		return func(t *testing.T) string {
			path := from(t)
			change(t, path, bucket, key, value)
			return path
		}
	}
	bytesOf := func(do func(text []byte) []byte) func(*testing.T) string {
		return func(t *testing.T) string {
			path := migrated(t)
			text, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path, do(text), 0o600))
			return path
		}
	}
	noise := func(from, to int) func([]byte) []byte {
		return func(text []byte) []byte {
			for i := from; i < min(to, len(text)); i++ {
				text[i] = byte(i*7 + 13)
			}
			return text
		}
	}
	for name, c := range map[string]struct {
		make func(*testing.T) string
		want error
		says string
	}{
		"a newer schema":               {edit("meta", "schema", "2", migrated), journal.ErrNewer, "run the version of dbc that wrote it"},
		"no number of a schema":        {edit("meta", "schema", `"x"`, migrated), journal.ErrDamaged, "put a copy"},
		"a negative schema":            {edit("meta", "schema", "-1", migrated), journal.ErrDamaged, "put a copy"},
		"a task that is no JSON":       {edit("tasks", id, "{", migrated), journal.ErrDamaged, id},
		"a task of another id":         {edit("tasks", id, `{"id":"x","progress":{"state":"running"}}`, migrated), journal.ErrDamaged, id},
		"a state that is not known":    {edit("tasks", id, `{"id":"`+id+`","progress":{"state":"flying"}}`, migrated), journal.ErrDamaged, "flying"},
		"an old task that is no JSON":  {edit("tasks", id, "{", old), journal.ErrDamaged, id},
		"an old task with more in it":  {edit("tasks", id, `{"id":"`+id+`","status":"running","unknown":1}`, old), journal.ErrDamaged, "unknown"},
		"a nonce of another length":    {edit("nonces", "x", "y", migrated), journal.ErrDamaged, "put a copy"},
		"both meta pages are noise":    {bytesOf(noise(0, 8192)), journal.ErrDamaged, "put a copy"},
		"all pages but meta are":       {bytesOf(noise(8192, 1<<20)), journal.ErrDamaged, "put a copy"},
		"it ends after its meta pages": {bytesOf(func(text []byte) []byte { return text[:8192] }), journal.ErrDamaged, "put a copy"},
		"it is another file":           {bytesOf(func([]byte) []byte { return []byte(strings.Repeat("not a journal\n", 9999)) }), journal.ErrDamaged, "put a copy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := c.make(t)
			before, err := os.ReadFile(path)
			must(t, err)
			for range 2 {
				_, err = journal.Open(path, binding)
				if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.says) {
					t.Errorf("got %v, want %v with %q", err, c.want, c.says)
				}
			}
			// Space at its end is allocated before anything is written.
			if after, err := os.ReadFile(path); err != nil || strings.TrimRight(string(after), "\x00") != strings.TrimRight(string(before), "\x00") {
				t.Errorf("it was changed, %v", err)
			}
		})
	}
}
