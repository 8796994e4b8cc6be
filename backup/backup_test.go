package backup_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/dbc-network/dbc/backup"
)

const secret = "correct horse battery"

var (
	manifest = backup.Manifest{Kind: backup.KindNode, Created: time.Unix(1_800_000_000, 0).UTC(), ChainID: "dbc-devnet-1", NodeID: "ab"}
	stored   = []backup.File{{Name: "conf/core.conf", Text: []byte("role=client\n")}, {Name: "dat/node.key", Text: []byte("key\n")}}
)

func sealed(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := backup.Write(&out, secret, manifest, stored); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	m, files, err := backup.Read(bytes.NewReader(sealed(t)), secret)
	if err != nil {
		t.Fatal(err)
	}
	if m.NodeID != "ab" || m.Schema != backup.Schema || len(files) != 2 || files[1].Name != "dat/node.key" || string(files[1].Text) != "key\n" {
		t.Errorf("%+v %+v", m, files)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	entries := []part{contents(t, 1, listed(stored[0].Name, string(stored[0].Text)), listed(stored[1].Name, string(stored[1].Text)))}
	for _, f := range stored {
		entries = append(entries, part{name: f.Name, text: string(f.Text)})
	}
	good := hostile(t, entries) // as Write's, but quick to open
	if _, files, err := backup.Read(bytes.NewReader(good), secret); err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	if bytes.Contains(good, []byte("key\n")) || bytes.Contains(good, []byte("node.key")) {
		t.Error("it is not encrypted")
	}
	if _, _, err := backup.Read(bytes.NewReader(good), "another one"); !errors.Is(err, backup.ErrPassphrase) {
		t.Errorf("another passphrase: %v", err)
	}
	changed := bytes.Clone(good)
	changed[len(changed)-20] ^= 1
	for name, file := range map[string][]byte{
		"nothing": {}, "text": []byte("hello"), "cut off": good[:len(good)-1], "half": good[:len(good)/2], "changed": changed,
		"more after it": append(bytes.Clone(good), 0),
	} {
		if _, files, err := backup.Read(bytes.NewReader(file), secret); !errors.Is(err, backup.ErrArchive) || files != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// part is an entry of a hostile archive.
type part struct {
	name, text, link string
	kind             byte
	size             int64
}

// hostile seals entries with the right passphrase: what its owner was made to take.
func hostile(t *testing.T, parts []part) []byte {
	t.Helper()
	var out bytes.Buffer
	recipient, err := age.NewScryptRecipient(secret)
	if err != nil {
		t.Fatal(err)
	}
	recipient.SetWorkFactor(4)
	in, err := age.Encrypt(&out, recipient)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewWriter(in)
	for _, p := range parts {
		size := int64(len(p.text))
		if p.size != 0 {
			size = p.size
		}
		if p.kind == 0 {
			p.kind = tar.TypeReg
		}
		if err := archive.WriteHeader(&tar.Header{Typeflag: p.kind, Name: p.name, Linkname: p.link, Size: size, Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(p.text)); err != nil {
			t.Fatal(err)
		}
	}
	_ = archive.Close() // an entry that is too short is what some want
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func contents(t *testing.T, schema int, entries ...backup.Entry) part {
	t.Helper()
	m := manifest
	m.Schema, m.Files = schema, entries
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return part{name: "manifest.json", text: string(text)}
}

func listed(name, text string) backup.Entry {
	hash := sha256.Sum256([]byte(text))
	return backup.Entry{Name: name, Size: int64(len(text)), SHA256: hex.EncodeToString(hash[:])}
}

func TestReadRefusesHostileEntries(t *testing.T) {
	t.Parallel()
	for name, parts := range map[string][]part{
		"no manifest":     {{name: "conf/core.conf", text: "x"}},
		"a newer schema":  {contents(t, 2)},
		"unknown fields":  {{name: "manifest.json", text: `{"schema":1,"run":"x"}`}},
		"up":              {contents(t, 1, listed("../x", "x")), {name: "../x", text: "x"}},
		"up inside":       {contents(t, 1, listed("conf/../../x", "x")), {name: "conf/../../x", text: "x"}},
		"absolute":        {contents(t, 1, listed("/etc/passwd", "x")), {name: "/etc/passwd", text: "x"}},
		"two dots":        {contents(t, 1, listed("conf/..", "x")), {name: "conf/..", text: "x"}},
		"control":         {contents(t, 1, listed("a\nb", "x")), {name: "a\nb", text: "x"}},
		"symbolic link":   {contents(t, 1, listed("conf", "")), {name: "conf", kind: tar.TypeSymlink, link: "/etc"}},
		"hard link":       {contents(t, 1, listed("conf", "")), {name: "conf", kind: tar.TypeLink, link: "/etc/shadow"}},
		"device":          {contents(t, 1, listed("conf", "")), {name: "conf", kind: tar.TypeChar}},
		"other text":      {contents(t, 1, listed("a", "x")), {name: "a", text: "y"}},
		"twice":           {contents(t, 1, listed("a", "x"), listed("a", "x")), {name: "a", text: "x"}, {name: "a", text: "x"}},
		"not listed":      {contents(t, 1), {name: "a", text: "x"}},
		"missing":         {contents(t, 1, listed("a", "x"))},
		"other name":      {contents(t, 1, listed("a", "x")), {name: "b", text: "x"}},
		"huge":            {contents(t, 1, backup.Entry{Name: "a", Size: 1 << 40}), {name: "a", size: 1 << 40}},
		"negative":        {contents(t, 1, backup.Entry{Name: "a", Size: -1}), {name: "a", text: ""}},
		"a second table":  {contents(t, 1, listed("manifest.json", "x")), {name: "manifest.json", text: "x"}},
		"cut off in tar":  {contents(t, 1, listed("a", "xxxx")), {name: "a", text: "x", size: 4}},
		"longer than due": {contents(t, 1, listed("a", "x")), {name: "a", text: "xx"}},
	} {
		if _, files, err := backup.Read(bytes.NewReader(hostile(t, parts)), secret); !errors.Is(err, backup.ErrArchive) || files != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	var many []backup.File
	for i := range backup.MaxFiles + 1 {
		many = append(many, backup.File{Name: fmt.Sprint("f", i)})
	}
	for name, c := range map[string]struct {
		passphrase string
		files      []backup.File
		want       error
	}{
		"short passphrase": {"1234567", stored, backup.ErrPassphrase},
		"name":             {secret, []backup.File{{Name: "../x"}}, backup.ErrArchive},
		"large":            {secret, []backup.File{{Name: "x", Text: make([]byte, backup.MaxSize+1)}}, backup.ErrArchive},
		"many":             {secret, many, backup.ErrArchive},
	} {
		if err := backup.Write(new(bytes.Buffer), c.passphrase, manifest, c.files); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestCreateOverwritesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	if err := backup.Create(path, secret, manifest, stored); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := backup.Create(path, secret, manifest, stored); !errors.Is(err, backup.ErrExists) {
		t.Errorf("again: %v", err)
	}
	if err := backup.Create(filepath.Join(t.TempDir(), "no", "x"), secret, manifest, stored); err == nil {
		t.Error("a folder that is not there")
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("it was changed: %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}

func fits(string) error { return nil }

// TestExtractTakesWhatPeopleName: however a folder is named, the files are in it after, and
// a link to it stays one.
func TestExtractTakesWhatPeopleName(t *testing.T) {
	top := t.TempDir()
	t.Chdir(top)
	for _, name := range []string{"real", "linked", "here"} {
		if err := os.Mkdir(name, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": "linked", "dangling": "nowhere"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	for named, real := range map[string]string{"new/": "new", "real/": "real", "above/./below//": "above/below", "link": "linked", filepath.Join(top, "other") + "/": "other"} {
		if err := backup.Extract(named, stored, fits); err != nil {
			t.Errorf("%s: %v", named, err)
		}
		if _, err := os.Stat(filepath.Join(top, real, "dat", "node.key")); err != nil {
			t.Errorf("%s: %v", named, err)
		}
	}
	if to, err := os.Readlink("link"); err != nil || to != "linked" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if err := os.WriteFile("file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, named := range []string{"dangling", "file", "file/below"} {
		if err := backup.Extract(named, stored, fits); err == nil {
			t.Errorf("%s is taken", named)
		}
	}
	t.Chdir("here")
	if err := backup.Extract(".", stored, fits); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(top, "here", "dat", "node.key")); err != nil {
		t.Error(err)
	}
}

// TestExtractAsksFirst: what is refused was nowhere but beside its folder, and is gone.
func TestExtractAsksFirst(t *testing.T) {
	t.Parallel()
	above, refusal := t.TempDir(), errors.New("no")
	err := backup.Extract(filepath.Join(above, "home"), stored, func(folder string) error {
		if _, err := os.Stat(filepath.Join(folder, "dat", "node.key")); err != nil || filepath.Dir(folder) != above {
			t.Errorf("%s: %v", folder, err)
		}
		return refusal
	})
	if !errors.Is(err, refusal) {
		t.Error(err)
	}
	if left, err := os.ReadDir(above); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestExtract(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "above", "home")
	if err := backup.Extract(folder, stored, fits); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(folder, "dat", "node.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := backup.Extract(folder, stored, fits); !errors.Is(err, backup.ErrExists) {
		t.Errorf("into a home that is not empty: %v", err)
	}
	empty := t.TempDir()
	if err := backup.Extract(empty, stored, fits); err != nil {
		t.Errorf("into an empty folder: %v", err)
	}
	other := t.TempDir()
	if err := backup.Extract(filepath.Join(other, "x"), []backup.File{stored[0], {Name: "../out"}}, fits); !errors.Is(err, backup.ErrArchive) {
		t.Errorf("%v", err)
	}
	if left, err := os.ReadDir(other); err != nil || len(left) != 0 {
		t.Errorf("half of it is left: %v, %v", left, err)
	}
}

// FuzzNames: a name that is taken leads below the folder.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"a", "conf/core.conf", "../x", "/x", "a//b", "a/./b", "a/../b", "..", ".", "", "a\x00b", "manifest.json"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if backup.CheckName(name) != nil {
			return
		}
		joined := filepath.Join("/home", filepath.FromSlash(name))
		if !strings.HasPrefix(joined, "/home/") || joined != "/home/"+name {
			t.Errorf("%q leads to %s", name, joined)
		}
	})
}
