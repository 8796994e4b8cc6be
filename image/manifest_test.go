package image

import (
	"context"
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
)

func manifest() Manifest {
	return Manifest{
		Schema: ManifestSchema, Digest: strings.Repeat("0a", 32), Size: 1, Built: time.Unix(1_800_000_000, 0).UTC(), OS: "ubuntu", Version: "24.04",
		Kernel: "6.8.0-151-generic", Driver: &Driver{Vendor: "nvidia", Version: "580.178.04", Open: true},
		Contents: []Content{{"docker.io", "29.1.3-0ubuntu3~24.04.2"}}, Login: "dbc", CloudInit: true, Ready: "ssh",
		Firmware: []string{"bios", "uefi"}, Bus: "virtio", MinDiskGiB: 6, Licences: []Licence{LicenceNVIDIA}, Texts: "/usr/share/doc/*/copyright",
	}
}

func TestParseManifest(t *testing.T) {
	t.Parallel()
	good, err := json.Marshal(manifest())
	if err != nil {
		t.Fatal(err)
	}
	if m, err := ParseManifest(good); err != nil || m.Driver.Version != "580.178.04" || m.Contents[0].Package != "docker.io" {
		t.Errorf("%+v, %v", m, err)
	}
	for name, bad := range map[string]string{
		"nothing":       "",
		"two":           string(good) + string(good),
		"a field more":  strings.Replace(string(good), `"os"`, `"colour":"red","os"`, 1),
		"newer":         strings.Replace(string(good), `"schema":1`, `"schema":2`, 1),
		"no digest":     strings.Replace(string(good), "0a0a", "xx0a", 1),
		"an escape":     strings.Replace(string(good), "ubuntu", `\u001b[2J`, 1),
		"a sentence":    strings.Replace(string(good), "ubuntu", "all is well", 1),
		"other ready":   strings.Replace(string(good), `"ready":"ssh"`, `"ready":"rm -rf /"`, 1),
		"other bus":     strings.Replace(string(good), `"virtio"`, `"ide"`, 1),
		"firmware":      strings.Replace(string(good), `"bios"`, `"coreboot"`, 1),
		"no size":       strings.Replace(string(good), `"size":1`, `"size":0`, 1),
		"no disk":       strings.Replace(string(good), `"min_disk_gib":6`, `"min_disk_gib":0`, 1),
		"other licence": strings.Replace(string(good), "NVIDIA_DRIVER", "FREE", 1),
		"other texts":   strings.Replace(string(good), "/usr/share", "usr/share", 1),
		"huge":          string(good) + strings.Repeat(" ", maxManifest),
	} {
		if bad == string(good) {
			t.Fatalf("%s: nothing was changed", name)
		}
		if m, err := ParseManifest([]byte(bad)); !errors.Is(err, ErrManifest) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestManifestBesideAnImage(t *testing.T) {
	t.Parallel()
	store, dir := newStore(t)
	part := filepath.Join(dir, ".new")
	create(t, part)
	info, err := os.Stat(part)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	m := manifest()
	m.Size, m.Digest = info.Size(), fmt.Sprintf("%x", sha256.Sum256(text))
	if _, err := store.Add(t.Context(), part, "good.qcow2", m); !errors.Is(err, ErrExists) {
		t.Errorf("over another: %v", err)
	}
	wrong := m
	wrong.Bus = "ide"
	if _, err := store.Add(t.Context(), part, "gpu.qcow2", wrong); !errors.Is(err, ErrManifest) {
		t.Errorf("with a wrong manifest: %v", err)
	}
	if _, err := store.Find(t.Context(), "gpu.qcow2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a refused one is there: %v", err)
	}
	img, err := store.Add(t.Context(), part, "gpu.qcow2", m)
	if err != nil || img.Name != "gpu.qcow2" {
		t.Fatalf("%+v, %v", img, err)
	}
	listed := func() *Manifest {
		list, err := store.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range list {
			if i.Name == "gpu.qcow2" {
				return i.Manifest
			}
		}
		t.Fatal("it is not listed")
		return nil
	}
	if got, err := store.Manifest(t.Context(), "gpu.qcow2"); err != nil || got.OS != "ubuntu" || listed() == nil || listed().Kernel != m.Kernel {
		t.Errorf("%+v, %v, listed %+v", got, err, listed())
	}
	if _, err := store.Manifest(t.Context(), "good.qcow2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("of one without: %v", err)
	}
	// What is not valid says nothing, and its host is told.
	path := img.Path + manifestSuffix
	for name, change := range map[string]func() error{
		"of another file": func() error {
			other := m
			other.Size++
			text, _ := json.Marshal(other)
			return os.WriteFile(path, text, 0o644)
		},
		"of another file as large": func() error {
			other := m
			other.Digest = strings.Repeat("00", 32)
			text, _ := json.Marshal(other)
			return os.WriteFile(path, text, 0o644)
		},
		"nonsense": func() error { return os.WriteFile(path, []byte("{"), 0o644) },
		"a link":   func() error { return errors.Join(os.Remove(path), os.Symlink("/etc/hostname", path)) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Manifest(t.Context(), "gpu.qcow2"); !errors.Is(err, ErrManifest) || listed() != nil {
			t.Errorf("%s: %v, listed %+v", name, err, listed())
		}
		faults, err := store.Faults(t.Context())
		if err != nil || !strings.Contains(reasonOf(faults, "gpu.qcow2"), "it can be used") {
			t.Errorf("%s: %+v, %v", name, faults, err)
		}
		if err := errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Delete(t.Context(), "gpu.qcow2", t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the deleted image's manifest: %v", err)
	}
}

// TestManifestWithoutImage: a killed build leaves one, which is reported, deleted by name,
// and never taken for that of an image with the same name.
// TestListWithin: an image that takes too long to read hides no other, and what was read
// before needs no time.
func TestListWithin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a.qcow2", "b.qcow2"} {
		path := filepath.Join(dir, name)
		create(t, path)
		protect(t, path)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m, sum := manifest(), sha256.Sum256(text)
		m.Size, m.Digest = int64(len(text)), hex.EncodeToString(sum[:])
		if text, err = json.Marshal(m); err == nil {
			err = os.WriteFile(path+manifestSuffix, text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	store := Open(dir)
	if _, err := store.Digest(t.Context(), "b.qcow2"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		limit time.Duration
		a     bool
	}{{0, false}, {time.Minute, true}, {0, true}} {
		list, err := store.ListWithin(t.Context(), c.limit)
		if err != nil || len(list) != 2 || (list[0].Manifest != nil) != c.a || list[1].Manifest == nil {
			t.Errorf("within %s: %+v, %v", c.limit, list, err)
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := store.ListWithin(ended, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("whose caller has left: %v", err)
	}
}

func TestManifestWithoutImage(t *testing.T) {
	t.Parallel()
	store, dir := newStore(t)
	path := filepath.Join(dir, "left.qcow2"+manifestSuffix)
	for range 2 {
		if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
		faults, err := store.Faults(t.Context())
		if err != nil || !strings.Contains(reasonOf(faults, "left.qcow2"), "only its manifest") {
			t.Errorf("%+v, %v", faults, err)
		}
		if err := store.Delete(t.Context(), "left.qcow2", t.TempDir()); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("it is still there: %v", err)
		}
	}
	if err := store.Delete(t.Context(), "left.qcow2", t.TempDir()); !errors.Is(err, ErrNotFound) {
		t.Errorf("of none: %v", err)
	}
}

func reasonOf(faults []Fault, name string) string {
	for _, f := range faults {
		if f.Name == name {
			return f.Reason
		}
	}
	return ""
}

// FuzzManifest: what lies beside an image may be anybody's.
func FuzzManifest(f *testing.F) {
	good, err := json.Marshal(manifest())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseManifest(text)
		if err == nil && (m.Check() != nil || len(m.Contents) > maxContents) {
			t.Errorf("%+v", m)
		}
		if err != nil && !errors.Is(err, ErrManifest) {
			t.Error(err)
		}
	})
}
