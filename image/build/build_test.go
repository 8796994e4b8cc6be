package build

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseURIs(t *testing.T) {
	t.Parallel()
	got, err := parseURIs(`'http://mirror.example/debian/pool/main/z/zlib/zlib1g_1.2.13_amd64.deb' zlib1g_1%3a1.2.13.dfsg-1_amd64.deb 86684 MD5Sum:x
Reading something
'http://mirror.example/b.deb' libc6_2.36-9+deb12u14_amd64.deb 2759320 SHA256:y
`)
	if err != nil || strings.Join(got, " ") != "zlib1g=1:1.2.13.dfsg-1 libc6=2.36-9+deb12u14" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bad := range []string{"", "'x' a_b.deb 1 y", "'x' a_%zz_amd64.deb 1 y"} {
		if got, err := parseURIs(bad); err == nil {
			t.Errorf("%q gave %q", bad, got)
		}
	}
}

func TestModuleName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"kernel/drivers/char/hw_random/virtio-rng.ko":  "virtio_rng",
		"kernel/drivers/block/virtio_blk.ko.xz":        "virtio_blk",
		"kernel/fs/isofs/isofs.ko.zst":                 "isofs",
		"/lib/modules/6.8.0-1-generic/kernel/a-b_c.ko": "a_b_c",
	} {
		if got := moduleName(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// TestFollow verifies that links in packages resolve to packages, never to this
// computer.
func TestFollow(t *testing.T) {
	t.Parallel()
	b := &builder{packages: t.TempDir()}
	at := func(p string) string { return filepath.Join(b.packages, p) }
	for _, dir := range []string{"lib64", "usr/lib/x86_64-linux-gnu", "etc"} {
		if err := os.MkdirAll(at(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(at("usr/lib/x86_64-linux-gnu/ld.so"), []byte("ours"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		"lib64/ld.so": "/lib/x86_64-linux-gnu/ld.so", "etc/up": "../../../../etc/hostname", "etc/loop": "loop",
		"etc/outside": "/etc/passwd",
	} {
		if err := os.Symlink(target, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := b.find("none", "lib64/ld.so"); err != nil || got != at("usr/lib/x86_64-linux-gnu/ld.so") {
		t.Errorf("got %s, %v", got, err)
	}
	for _, bad := range []string{"etc/up", "etc/loop", "etc/outside"} {
		if got, err := b.find(bad); err == nil {
			t.Errorf("%s led to %s", bad, got)
		}
	}
}

// TestArchive has another program read what we write.
func TestArchive(t *testing.T) {
	t.Parallel()
	var raw bytes.Buffer
	a := &archive{w: &raw}
	a.dir("etc", 0o755)
	a.device("console", 0o600, 5, 1)
	a.file("etc/odd", 0o640, []byte("12345"))
	a.file("init", 0o755, []byte("#!"))
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	cpio, err := exec.LookPath("busybox")
	args := []string{"cpio", "-tv"}
	if err != nil {
		if cpio, err = exec.LookPath("cpio"); err != nil {
			t.Fatal("this test needs busybox or cpio")
		}
		args = []string{"-tv"}
	}
	cmd := exec.CommandContext(t.Context(), cpio, args...)
	cmd.Stdin = &raw
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("cpio: %v: %s", err, out)
	}
	for _, want := range []string{"drwxr-xr-x", "crw-------", "-rw-r-----", "etc/odd", "-rwxr-xr-x", "init"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %s in:\n%s", want, out)
		}
	}
}

func TestCacheKeyFollowsTheSources(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sum := func() string {
		var b bytes.Buffer
		if err := hashSources(&b, dir); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	put := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("a.go", "package a")
	one := sum()
	put("a_test.go", "package a")
	put("notes.txt", "x")
	if sum() != one {
		t.Error("tests or notes change the image")
	}
	put("a.go", "package a // changed")
	if sum() == one {
		t.Error("a changed source does not change the image")
	}
}

func TestUpToDate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, fresh := filepath.Join(dir, "tiny.qcow2"), filepath.Join(dir, "fresh")
	if upToDate(target, "key") {
		t.Error("nothing is up to date")
	}
	if err := os.WriteFile(fresh, []byte("image"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := publish(fresh, target, "key"); err != nil {
		t.Fatal(err)
	}
	if !upToDate(target, "key") || upToDate(target, "other") {
		t.Error("the key decides")
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o444 {
		t.Errorf("mode %v, %v; want 0444", info.Mode(), err)
	}
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	if upToDate(target, "key") {
		t.Error("a key without an image is up to date")
	}
}
