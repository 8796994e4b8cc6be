package build

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/image"
)

// installedRoot is what of an unpacked system the manifest is made of.
func installedRoot(t *testing.T) *builder {
	t.Helper()
	b := &builder{layout: ubuntuGPU.layout, system: ubuntuGPU.system, root: t.TempDir()}
	for name, text := range map[string]string{
		"usr/lib/os-release":  "PRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\nVERSION_ID=\"24.04\"\nID=ubuntu\n",
		"var/lib/dpkg/status": "Package: rsync\nStatus: install ok installed\nVersion: 3.2.7-1ubuntu1.2\n\nPackage: nvidia-utils-580-server\nVersion: 580.178.04-0ubuntu0.24.04.1\n\nPackage: cloud-init\nVersion: 25.1.4-0ubuntu0~24.04.1\n",
		"usr/lib/modules/6.8.0-151-generic/kernel/nvidia-580srv-open/nvidia.ko.zst": "",
	} {
		path := filepath.Join(b.root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(b.root, "boot"), 0o755), os.Symlink("vmlinuz-6.8.0-151-generic", filepath.Join(b.root, "boot/vmlinuz"))); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	b := installedRoot(t)
	m, err := b.describe()
	if err != nil {
		t.Fatal(err)
	}
	m.Digest, m.Size = strings.Repeat("00", 32), 1
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	if m.OS != "ubuntu" || m.Version != "24.04" || m.Kernel != "6.8.0-151-generic" || m.Driver.Version != "580.178.04" || !m.CloudInit || m.MinDiskGiB != 6 ||
		!slices.Equal(m.Contents, []image.Content{{Package: "rsync", Version: "3.2.7-1ubuntu1.2"}, {Package: "cloud-init", Version: "25.1.4-0ubuntu0~24.04.1"}}) ||
		!slices.Equal(m.Licences, []image.Licence{image.LicenceNVIDIA}) {
		t.Errorf("%+v", m)
	}
}

// A driver for another kernel than the one that boots is none.
func TestDriverOfAnotherKernel(t *testing.T) {
	t.Parallel()
	b := installedRoot(t)
	modules := filepath.Join(b.root, "usr/lib/modules")
	if err := errors.Join(os.Rename(filepath.Join(modules, "6.8.0-151-generic"), filepath.Join(modules, "6.8.0-1-generic")), os.Mkdir(filepath.Join(modules, "6.8.0-151-generic"), 0o755)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.describe(); !errors.Is(err, ErrPackages) {
		t.Errorf("%v", err)
	}
}

// TestGPU runs programs in place of mmdebstrap and apt: where packages cannot be
// reached the build names them, and leaves nothing behind.
func TestGPU(t *testing.T) {
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), "images")
	programsIn := func(text string) {
		for name := range programs {
			if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	programsIn(`echo "E: Unable to locate package nvidia-utils-580-server" >&2; exit 100`)
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	keyring := filepath.Join(bin, "keyring.gpg")
	keyrings[keyring] = "ubuntu-keyring"
	t.Cleanup(func() { delete(keyrings, keyring) })
	old := gpuImages["ubuntu-24.04-gpu"]
	changed := old
	changed.system.keyring = keyring
	gpuImages["ubuntu-24.04-gpu"] = changed
	t.Cleanup(func() { gpuImages["ubuntu-24.04-gpu"] = old })
	store := image.Open(dir)
	quiet := func(string, time.Duration) {}
	if _, err := GPU(t.Context(), store, "windows", quiet); !errors.Is(err, image.ErrName) {
		t.Errorf("an unknown one: %v", err)
	}
	if _, err := GPU(t.Context(), store, "ubuntu-24.04-gpu", quiet); !errors.Is(err, ErrHere) || !strings.Contains(err.Error(), "apt-get install ubuntu-keyring") {
		t.Errorf("without the archive's keys: %v", err)
	}
	if err := os.WriteFile(keyring, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := GPU(t.Context(), store, "ubuntu-24.04-gpu", quiet)
	if err == nil || !strings.Contains(err.Error(), "Unable to locate package nvidia-utils-580-server") || !strings.Contains(err.Error(), "linux-modules-nvidia-580-server-open-generic") {
		t.Errorf("packages that are not there: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Of hundreds of lines, those that tell of a fault are shown.
func TestComplaints(t *testing.T) {
	t.Parallel()
	said := "mmdebstrap: exit status 25: I: running apt-get update...\nReading package lists...\nErr:147 http://mirror.example/ubuntu noble nvidia\n  404  Not Found\n" +
		"Error! Bad return status for module build on kernel: 6.12\ndpkg: error processing package nvidia-dkms (--configure):\nE: Sub-process env returned an error code (1)\n"
	want := "Err:147 http://mirror.example/ubuntu noble nvidia\nError! Bad return status for module build on kernel: 6.12\n" +
		"dpkg: error processing package nvidia-dkms (--configure):\nE: Sub-process env returned an error code (1)"
	if got := complaints(errors.New(said)).Error(); got != want {
		t.Errorf("%s", got)
	}
	if got := complaints(errors.New("mmdebstrap: killed")).Error(); got != "mmdebstrap: killed" {
		t.Errorf("%s", got)
	}
}

// The distribution's archive is asked for, with its keys, and the licences' texts
// are kept.
func TestBootstrap(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "mmdebstrap"), []byte("#!/bin/sh\nprintf '%s\\n' \"$@\" >args\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	for name, c := range map[string]struct {
		system system
		want   []string
	}{
		"Ubuntu": {ubuntuGPU.system, []string{"--keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg", "--dpkgopt=path-include=/usr/share/doc/*/copyright", "noble"}},
		"Debian": {debian.system, []string{"--variant=minbase", "bookworm"}},
	} {
		b := &builder{system: c.system, work: t.TempDir()}
		if err := b.bootstrap(t.Context()); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(b.work, "args"))
		if err != nil {
			t.Fatal(err)
		}
		args := strings.Split(strings.TrimSpace(string(text)), "\n")
		for _, want := range append(c.want, b.tarball(), "--include="+strings.Join(c.system.packages, ",")) {
			if !slices.Contains(args, want) {
				t.Errorf("%s: no %s in %q", name, want, args)
			}
		}
		if tail := args[len(args)-len(c.system.sources):]; !slices.Equal(tail, c.system.sources) {
			t.Errorf("%s: sources %q", name, tail)
		}
	}
}
