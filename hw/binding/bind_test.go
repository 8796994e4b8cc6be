package binding

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/hwtest"
)

// two are two cards without a driver, and a disk beside them.
const two = `
@cpu AuthenticAMD 48
@file sys/bus/pci/drivers_probe -
00:01.1 0604 1022:1483 group=1
  01:00.0 0300 10de:2684/1043:889a group=2 rev=a1 reset=flr bars=16M,32Gp,32Mp
  01:00.1 0403 10de:22ba/1043:889a group=2 rev=a1 reset=flr bars=16K
00:03.1 0604 1022:1483 group=3
  02:00.0 0300 10de:2684/1043:889a group=4 rev=a1 reset=flr bars=16M,32Gp,32Mp
  02:00.1 0403 10de:22ba/1043:889a group=4 rev=a1 reset=flr bars=16K
00:04.1 0604 1022:1483 group=5
  03:00.0 0108 144d:a808 group=6 driver=nvme bars=16K
`

// tree builds a computer with its system's folders.
func tree(t *testing.T, description string, folders ...string) string {
	t.Helper()
	root := t.TempDir()
	if description != "" {
		root = hwtest.Build(t, description)
	}
	for _, dir := range append(folders, "etc") {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// systems are the folders that show how a system builds its initramfs.
var systems = map[string][]string{
	"no initramfs":    {"etc/systemd/system"},
	"initramfs-tools": {"etc/dbc", debianInitramfs + "/scripts/init-top", "etc/systemd/system/sysinit.target.wants", "etc/modules-load.d"},
	"dracut":          {"etc/dbc", dracut},
	"both":            {debianInitramfs, dracut},
}

// snapshot records everything below etc and usr.
func snapshot(t *testing.T, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, top := range []string{"etc", "usr"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			text := ""
			switch {
			case info.Mode().IsRegular():
				raw, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				text = string(raw)
			case info.Mode()&fs.ModeSymlink != 0:
				text, _ = os.Readlink(path)
			}
			all[strings.TrimPrefix(path, root+"/")] = info.Mode().String() + " " + text
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func selected(t *testing.T, root string, slots ...int) File {
	t.Helper()
	f, _, err := Select(root, slots)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func config(root string) Config {
	return Config{Root: root, Program: "/usr/local/bin/dbc", volatile: true}
}

// What unbinding leaves is what was there before binding, byte for byte.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for name, folders := range systems {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := tree(t, two, folders...)
			before := snapshot(t, root)
			change, err := Bind(config(root), selected(t, root))
			if err != nil || !change.Reboot || len(change.Due) != len(change.Due[:1])+strings.Count(fmt.Sprint(change.Written), "init-top")+strings.Count(fmt.Sprint(change.Written), "keep.sh") {
				t.Fatalf("%+v, %v", change, err)
			}
			bound := snapshot(t, root)
			if again, err := Bind(config(root), selected(t, root)); err != nil || len(again.Written) != 0 || !maps.Equal(bound, snapshot(t, root)) {
				t.Errorf("again: %+v, %v", again, err)
			}
			if target, err := os.Stat(filepath.Join(root, wantsPath)); err != nil || target.IsDir() {
				t.Errorf("the unit is not wanted: %v", err)
			}
			if one, err := Bind(config(root), selected(t, root, 1)); err != nil || !slices.Contains(one.Written, "/"+Path) {
				t.Errorf("another choice: %+v, %v", one, err)
			}
			change, err = Unbind(config(root))
			if err != nil || !change.Reboot || len(change.Kept) != 0 {
				t.Fatalf("%+v, %v", change, err)
			}
			if after := snapshot(t, root); !maps.Equal(before, after) {
				t.Errorf("before\n%v\nafter\n%v", before, after)
			}
			if _, err := Unbind(config(root)); !errors.Is(err, ErrNotBound) {
				t.Errorf("twice: %v", err)
			}
		})
	}
}

var errCrash = errors.New("crash")

// crashAt ends everything before step number n.
func crashAt(n int) func(string) error {
	return func(string) error {
		if n--; n < 0 {
			return errCrash
		}
		return nil
	}
}

// A crash between any two changes leaves a state that the same command
// completes and that unbinding reverts.
func TestCrash(t *testing.T) {
	t.Parallel()
	f := selected(t, tree(t, two))
	for name, folders := range systems {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := tree(t, "", folders...)
			original := snapshot(t, whole)
			if _, err := Bind(config(whole), f); err != nil {
				t.Fatal(err)
			}
			bound := snapshot(t, whole)
			for n := 0; ; n++ {
				completed := tree(t, "", folders...)
				reverted := tree(t, "", folders...)
				crashed := config(completed)
				crashed.before = crashAt(n)
				_, err := Bind(crashed, f)
				if err == nil {
					if n < 8 {
						t.Fatalf("only %d steps", n)
					}
					return
				}
				crashed.Root, crashed.before = reverted, crashAt(n)
				if _, err := Bind(crashed, f); !errors.Is(err, errCrash) {
					t.Fatal(err)
				}
				if _, err := Bind(config(completed), f); err != nil {
					t.Fatalf("step %d: %v", n, err)
				}
				if got := snapshot(t, completed); !maps.Equal(got, bound) {
					t.Errorf("step %d: completed to\n%v\nwant\n%v", n, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(bound)))
				}
				revert(t, reverted, original, fmt.Sprintf("bind's step %d", n))
			}
		})
	}
}

func revert(t *testing.T, root string, original map[string]string, when string) {
	t.Helper()
	if _, err := Unbind(config(root)); err != nil && !errors.Is(err, ErrNotBound) {
		t.Fatalf("%s: %v", when, err)
	}
	got := snapshot(t, root)
	if !maps.Equal(got, original) {
		t.Errorf("%s: reverted to\n%v\nwant\n%v", when, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(original)))
	}
}

func TestCrashOfUnbind(t *testing.T) {
	t.Parallel()
	f := selected(t, tree(t, two))
	for n := 0; ; n++ {
		root := tree(t, "", systems["both"]...)
		original := snapshot(t, root)
		if _, err := Bind(config(root), f); err != nil {
			t.Fatal(err)
		}
		crashed := config(root)
		crashed.before = crashAt(n)
		if _, err := Unbind(crashed); err == nil {
			if n < 8 {
				t.Fatalf("only %d steps", n)
			}
			return
		}
		revert(t, root, original, fmt.Sprintf("unbind's step %d", n))
	}
}

// A crash while one choice replaces another leaves our files, not foreign ones.
func TestCrashOfAnotherChoice(t *testing.T) {
	t.Parallel()
	all := selected(t, tree(t, two))
	first, second := all, all
	first.Slots, second.Slots = all.Slots[:1], all.Slots[1:]
	for n := 0; ; n++ {
		root := tree(t, "", systems["both"]...)
		original := snapshot(t, root)
		if _, err := Bind(config(root), first); err != nil {
			t.Fatal(err)
		}
		crashed := config(root)
		crashed.before = crashAt(n)
		if _, err := Bind(crashed, second); err == nil {
			return
		}
		if n%2 == 0 {
			if _, err := Bind(config(root), all); err != nil {
				t.Fatalf("step %d: %v", n, err)
			}
		}
		revert(t, root, original, fmt.Sprintf("step %d", n))
	}
}

// A failed command is reported as due, and the same call runs it again.
func TestCommands(t *testing.T) {
	t.Parallel()
	root := tree(t, two, debianInitramfs)
	original := snapshot(t, root)
	cfg := config(root)
	var ran []string
	fail := "update-initramfs"
	cfg.Run = func(argv []string) error {
		if argv[0] == fail {
			return errCrash
		}
		ran = append(ran, strings.Join(argv, " "))
		return nil
	}
	change, err := Bind(cfg, selected(t, root))
	if !errors.Is(err, errCrash) || len(change.Due) != 1 || change.Due[0][0] != fail {
		t.Errorf("%+v, %v", change, err)
	}
	if change, err = Unbind(cfg); !errors.Is(err, errCrash) || len(change.Due) != 1 {
		t.Errorf("%+v, %v", change, err)
	}
	fail = ""
	if _, err = Unbind(cfg); err != nil || !slices.Equal(ran, []string{"systemctl daemon-reload", "systemctl daemon-reload", "systemctl daemon-reload", "update-initramfs -u -k all"}) {
		t.Errorf("%v, %v", ran, err)
	}
	if got := snapshot(t, root); !maps.Equal(got, original) {
		t.Errorf("%v", got)
	}
}

// Somebody else's file in place of ours is never overwritten, and nothing else
// is written then.
func TestForeign(t *testing.T) {
	t.Parallel()
	f := selected(t, tree(t, two))
	for _, name := range append(slices.Clone(paths), wantsPath, manifestPath) {
		for kind, make := range map[string]func(string) error{
			"file":   func(at string) error { return os.WriteFile(at, []byte("mine"), 0o600) },
			"link":   func(at string) error { return os.Symlink("/etc/passwd", at) },
			"folder": func(at string) error { return os.Mkdir(at, 0o755) },
		} {
			t.Run(kind+" "+filepath.Base(name), func(t *testing.T) {
				t.Parallel()
				root := tree(t, "", append(slices.Clone(systems["both"]), filepath.Dir(name))...)
				if err := make(filepath.Join(root, name)); err != nil {
					t.Fatal(err)
				}
				before := snapshot(t, root)
				if _, err := Bind(config(root), f); err == nil {
					t.Error("taken")
				}
				if after := snapshot(t, root); !maps.Equal(before, after) {
					t.Errorf("before\n%v\nafter\n%v", before, after)
				}
			})
		}
	}
}

// A folder in the path that is a link out of the root is not followed.
func TestLinkedFolder(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	root := tree(t, two)
	if err := os.Symlink(outside, filepath.Join(root, "etc/modules-load.d")); err != nil {
		t.Fatal(err)
	}
	if _, err := Bind(config(root), selected(t, root)); err == nil {
		t.Error("followed")
	}
	if names, err := os.ReadDir(outside); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
}

// What was changed since it was written is kept and named.
func TestChangedSince(t *testing.T) {
	t.Parallel()
	root := tree(t, two)
	if _, err := Bind(config(root), selected(t, root)); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(root, unitPath)
	if err := os.WriteFile(at, []byte("[Unit]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Bind(config(root), selected(t, root)); !errors.Is(err, ErrForeign) {
		t.Errorf("%v", err)
	}
	change, err := Unbind(config(root))
	if err != nil || !slices.Equal(change.Kept, []string{"/" + unitPath}) {
		t.Errorf("%+v, %v", change, err)
	}
	if text, err := os.ReadFile(at); err != nil || string(text) != "[Unit]\n" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := os.Lstat(filepath.Join(root, wantsPath)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the unit is still started at boot")
	}
}

// A manifest that names files that are never written does not remove them.
func TestHostileManifest(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"files":{"etc/passwd":["` + digest([]byte("root")) + `"]}}`, `{"links":{"etc/passwd":"x"}}`, `{"folders":["etc/ssh"]}`, `{"files":{"../etc/passwd":[]}}`, `{`,
	} {
		root := tree(t, "", "etc/dbc", "etc/ssh")
		for name, content := range map[string]string{"etc/passwd": "root", manifestPath: text} {
			if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		before := snapshot(t, root)
		if _, err := Unbind(config(root)); !errors.Is(err, ErrFile) {
			t.Errorf("%s: %v", text, err)
		}
		if after := snapshot(t, root); !maps.Equal(before, after) {
			t.Errorf("%s: %v", text, after)
		}
	}
}

func TestOneAtATime(t *testing.T) {
	t.Parallel()
	root := tree(t, two)
	_, done, err := config(root).open()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Bind(config(root), selected(t, root)); !errors.Is(err, ErrBusy) {
		t.Errorf("%v", err)
	}
	done()
	if _, err := Bind(config(root), selected(t, root)); err != nil {
		t.Error(err)
	}
}

func TestCheckProgram(t *testing.T) {
	t.Parallel()
	open := t.TempDir()
	program := filepath.Join(open, "dbc")
	if err := os.WriteFile(program, nil, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(program, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"dbc", "/usr/local/../bin/dbc", "/usr/local/bin/dbc %h", "/a\nExecStart=/b", "/bin/sh -c", program, "/proc/self/exe"} {
		if err := CheckProgram(path); err == nil {
			t.Errorf("%q taken", path)
		}
	}
	env, err := filepath.EvalSymlinks("/usr/bin/env")
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckProgram(env); err != nil {
		t.Error(err)
	}
}

// TestUnit needs systemd-analyze, but no running systemd.
func TestUnit(t *testing.T) {
	t.Parallel()
	at := filepath.Join(t.TempDir(), "dbc-gpu-bind.service")
	if err := os.WriteFile(at, []byte(strings.Replace(unit, "PROGRAM", "/bin/true", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", at)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "dbc-gpu-bind") {
		t.Errorf("%v: %s", err, out)
	}
}
