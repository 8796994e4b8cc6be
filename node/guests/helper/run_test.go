package helper

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests"
)

// TestHelperTrustsNoNode: the node's user must not be able to change what bounds it.
func TestHelperTrustsNoNode(t *testing.T) {
	t.Parallel()
	home, me := t.TempDir(), os.Getuid()
	if err := conf.Write(home, conf.RoleMining, map[string]string{"chain_id": "dbc-devnet-1", "public_ip": "203.0.113.7", "helper_socket": "/run/dbc/helper.sock"}); err != nil {
		t.Fatal(err)
	}
	if err := checkOwner(home, me+1); err != nil {
		t.Errorf("another's configuration: %v", err)
	}
	if err := checkOwner(home, me); !errors.Is(err, ErrRoot) {
		t.Errorf("the node's own configuration: %v", err)
	}
	for _, name := range []string{"", "conf", conf.ConfFile} {
		path := filepath.Join(home, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, mode := range []os.FileMode{0o777, info.Mode().Perm()} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			if err := checkOwner(home, me+1); (err != nil) != (mode == 0o777) || err != nil && !errors.Is(err, ErrRoot) {
				t.Errorf("%s with mode %o: %v", name, mode, err)
			}
		}
	}
	if err := Run(t.Context(), conf.Helper{Home: home, Guests: conf.Guests{HelperSocket: "/run/dbc/helper.sock"}}, 0, 0, nil, ""); !errors.Is(err, ErrRoot) {
		t.Errorf("for root's node: %v", err)
	}
}

// TestHelperTrustsNoFolderAbove: who owns a folder above the state, or the state itself,
// puts a record of his own there.
func TestHelperTrustsNoFolderAbove(t *testing.T) {
	t.Parallel()
	top, me := t.TempDir(), os.Getuid()
	data := filepath.Join(top, "above", "data")
	if err := os.MkdirAll(filepath.Join(data, "record"), 0o755); err != nil {
		t.Fatal(err)
	}
	if own := guests.Own(data); len(own) != 2 { // no images and tasks yet
		t.Errorf("the helper's own are %q", own)
	}
	if err := os.Symlink(filepath.Join(top, "above"), filepath.Join(top, "link")); err != nil {
		t.Fatal(err)
	}
	through := filepath.Join(top, "link", "data")
	for _, path := range []string{data, through} {
		if err := rootsAlone(me+1, guests.Own(path)...); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if err := rootsAlone(me, guests.Own(path)...); !errors.Is(err, ErrRoot) {
			t.Errorf("the node's own %s: %v", path, err)
		}
	}
	for _, name := range []string{"above", "above/data", "above/data/record"} {
		path := filepath.Join(top, name)
		for mode, allowed := range map[os.FileMode]bool{0o777: false, 0o777 | os.ModeSticky: name == "above", 0o755: true} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			if err := rootsAlone(me+1, guests.Own(through)...); (err == nil) != allowed {
				t.Errorf("%s with mode %v: %v", name, mode, err)
			}
			_ = os.Chmod(path, 0o755)
		}
	}
}

// TestHelperTrustsNoLinkOnTheWay: who can rename a link that leads to what the helper
// trusts puts another in its place, though what it leads to is root's alone.
func TestHelperTrustsNoLinkOnTheWay(t *testing.T) {
	t.Parallel()
	top, me := t.TempDir(), os.Getuid()
	data := filepath.Join(top, "real", "data")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(data, 0o755))
	for _, dir := range []string{"open", "below", "up"} {
		must(os.Mkdir(filepath.Join(top, dir), 0o755))
	}
	must(os.Symlink(filepath.Join(top, "real"), filepath.Join(top, "open", "link")))
	must(os.Symlink("../open/link", filepath.Join(top, "below", "second")))
	must(os.Symlink("loop", filepath.Join(top, "up", "loop")))
	paths := []string{top + "/open/link/data", top + "/below/second/data", top + "/up/../open/link/data", top + "/below/second/../real/data"}
	check := func(allowed bool) {
		t.Helper()
		for _, path := range paths {
			if err := rootsAlone(me+1, path); (err == nil) != allowed || err != nil && !errors.Is(err, ErrRoot) {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	check(true)
	for _, mode := range []os.FileMode{0o777, 0o775} {
		must(os.Chmod(filepath.Join(top, "open"), mode))
		check(false)
	}
	must(os.Chmod(filepath.Join(top, "open"), 0o777|os.ModeSticky)) // then the link's owner counts
	check(true)
	if err := rootsAlone(me, paths[0]); !errors.Is(err, ErrRoot) {
		t.Errorf("the node's own link: %v", err)
	}
	for _, bad := range []string{top + "/up/loop", top + "/none"} {
		if err := rootsAlone(me+1, bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

// TestHelperTrustsNoSocketFolder: who can rename socket or lock answers in the helper's
// place, or has the node's lock made where he likes.
func TestHelperTrustsNoSocketFolder(t *testing.T) {
	t.Parallel()
	home, top, me := t.TempDir(), t.TempDir(), os.Getuid()
	if err := conf.Write(home, conf.RoleMining, map[string]string{"chain_id": "dbc-devnet-1", "public_ip": "203.0.113.7", "helper_socket": "/run/dbc/helper.sock"}); err != nil {
		t.Fatal(err)
	}
	for _, open := range []string{"socket", "run"} {
		cfg := conf.Helper{
			Home: home, Guests: conf.Guests{
				DataDir: filepath.Join(top, "data"), RunDir: filepath.Join(top, "run"), HelperSocket: filepath.Join(top, "socket", "helper.sock"),
			},
		}
		for _, dir := range []string{"socket", "run"} {
			path := filepath.Join(top, dir)
			_ = os.MkdirAll(path, 0o755)
			mode := os.FileMode(0o755)
			if dir == open {
				mode = 0o777
			}
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := Run(t.Context(), cfg, me+1, me, nil, ""); !errors.Is(err, ErrRoot) || !strings.Contains(err.Error(), filepath.Join(top, open)) {
			t.Errorf("an open folder %s: %v", open, err)
		}
		if _, err := os.Lstat(cfg.LockFile()); err == nil {
			t.Errorf("an open folder %s: the lock was made", open)
		}
	}
}

// TestFolders: the node's folder is its user's alone, and the state of a node that
// had no helper is refused, since the helper's record lacks its VMs.
func TestFolders(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	cfg := conf.Helper{
		Home: "/etc/dbc", Guests: conf.Guests{
			DataDir: filepath.Join(top, "data"), RunDir: filepath.Join(top, "run"), HelperSocket: filepath.Join(top, "run", "helper.sock"),
		},
	}
	if err := makeFolders(cfg); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := giveFolders(cfg, os.Getuid(), os.Getgid()); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(cfg.NodeDir()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the node's folder: %v, %v", info, err)
	}
	if err := os.WriteFile(cfg.OldJournal(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := giveFolders(cfg, os.Getuid(), os.Getgid()); !errors.Is(err, ErrSplit) || !strings.Contains(err.Error(), "dbc node split --home /etc/dbc") {
		t.Errorf("a journal of one process: %v", err)
	}
}
