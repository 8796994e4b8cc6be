package commands

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/devnet"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/test/page"
)

// TestHosting follows the page for hosts beside a devnet, whose chain, faucet and
// libvirt it uses. The computer's /etc, /run and /var/lib/dbc are copies of the
// test's own.
func TestHosting(t *testing.T) {
	bin := toolsOf(t)
	home := homeOf(t)
	place := computer(t)
	for _, name := range []string{"dbc", "dbcd", "dbc-helper"} {
		run(t, "install", "-D", "-m", "0755", filepath.Join(bin, name), filepath.Join(place, "bin", name))
	}
	bin = filepath.Join(place, "bin")
	info := startAt(t, bin, filepath.Join(home, ".dbc"))
	_, socket, _ := strings.Cut(info.Virsh, "socket=")
	run(t, "ln", "-s", socket, "/run/libvirt/libvirt-sock")
	t.Cleanup(func() { removeGuests(t, info) })
	page.NewReader(t, repository, environment(bin, home)).Follow(blocksOf(t, "docs/hosting.md", "hosting"))
}

// computer gives this test, and what it starts, folders of its own where a node of
// a real host has its files. Everybody can traverse the returned one, unlike
// t.TempDir.
func computer(t *testing.T) (place string) {
	t.Helper()
	place, err := os.MkdirTemp("", "dbc-hosting-") //nolint:usetesting // nobody else can traverse t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(place); err != nil {
			t.Error(err)
		}
	})
	runtime.LockOSThread() // never unlocked: the thread ends with the test, and its mounts with it
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Fatalf("make a mount namespace: %v", err)
	}
	run(t, "chmod", "0711", place)
	run(t, "mount", "--make-rprivate", "/")
	run(t, "cp", "-a", "/etc", place)
	run(t, "mkdir", "-p", filepath.Join(place, "data"), "/var/lib/dbc")
	run(t, "mount", "--bind", filepath.Join(place, "etc"), "/etc")
	run(t, "mount", "--bind", filepath.Join(place, "data"), "/var/lib/dbc")
	run(t, "mount", "-t", "tmpfs", "-o", "mode=755", "run", "/run")
	return place
}

func run(t *testing.T, argv ...string) {
	t.Helper()
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", argv, err, out)
	}
}

// removeGuests removes the guests' network of the page's machine with the page's
// own commands.
func removeGuests(t *testing.T, info devnet.Info) {
	t.Helper()
	k, err := key.Load("/etc/dbc/dat/node.key")
	if err != nil {
		t.Error(err)
		return
	}
	ctx := context.Background() // the test's is done
	c, err := chain.Dial(ctx, chain.Config{ChainID: info.ChainID, GRPC: info.GRPC, RPC: info.RPC})
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = c.Close() }()
	head, err := c.Head(ctx)
	if err != nil {
		t.Error(err)
		return
	}
	bridge := names.Binding{ChainID: info.ChainID, GenesisHash: hex.EncodeToString(head.GenesisHash[:]), MachineID: k.MachineID()}.Bridge()
	script := blocksOf(t, "docs/hosting.md", "removal")[0].Text
	_, script, _ = strings.Cut(script, "\n")
	if out, err := exec.Command("bash", "-c", fmt.Sprintf("set -e\nbridge=%s\n%s", bridge, script)).CombinedOutput(); err != nil {
		t.Errorf("remove the guests' network: %v: %s", err, out)
	}
}
