package vm_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
	"github.com/dbc-network/dbc/vm/libvirt/daemon"
)

// TestTraces runs a guest on the bridge and checks what is visible of it on the
// computer, while it runs and after everything was stopped.
func TestTraces(t *testing.T) {
	d, config := startDaemon(t)
	n := openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	spec := specIn(folder(t))(t, "traces")
	ctx := t.Context()
	if err := n.Apply(ctx, []network.Binding{{Tap: spec.NIC.Tap, MAC: spec.NIC.MAC, Addr: spec.NIC.Addr}}); err != nil {
		t.Fatal(err)
	}
	if err := driver.Define(ctx, spec); err != nil {
		t.Fatal(err)
	}
	if err := driver.Start(ctx, spec.UUID); err != nil {
		t.Fatal(err)
	}
	greeted(t, spec, 1)
	checkPort(t, spec)
	checkProcess(t, config, spec)
	checkSockets(t, driver, spec)
	checkLogCut(t, driver, spec)
	if rules := filters(t, spec); rules == "" {
		t.Error("no rule binds the guest's port")
	}

	if err := driver.Stop(ctx, spec.UUID); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(spec.Disks[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); stat.Uid != 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("disk belongs to %d with %v after the stop, want root and 0600", stat.Uid, info.Mode())
	}
	if err := driver.Undefine(ctx, spec.UUID); err != nil {
		t.Fatal(err)
	}
	if err := d.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if err := n.Remove(ctx); err != nil {
		t.Fatal(err)
	}
	checkNothingLeft(t, config, spec)
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited for %s in vain", what)
		}
	}
}

// checkPort expects the tap to be isolated on the bridge, under the given name.
func checkPort(t *testing.T, spec vm.Spec) {
	t.Helper()
	link, err := netlink.LinkByName(spec.NIC.Tap)
	if err != nil {
		t.Fatalf("guest's port: %v", err)
	}
	info, err := netlink.LinkGetProtinfo(link)
	if err != nil || !info.Isolated {
		t.Errorf("guest's port is %+v, %v, want it isolated", info, err)
	}
}

// checkProcess expects QEMU to run as its own user, in the daemon's namespace.
func checkProcess(t *testing.T, config daemon.Config, spec vm.Spec) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(config.Dir, "run", "qemu", spec.Name+".pid"))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat("/proc/" + strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; uid == 0 {
		t.Error("the emulator runs as root")
	}
}

// checkSockets expects a link in a socket's place to be refused: the folder
// belongs to the emulator's user, and the node must not connect a renter to the
// host's sockets.
func checkSockets(t *testing.T, driver *libvirt.Driver, spec vm.Spec) {
	t.Helper()
	for path, open := range map[string]func(context.Context, vm.UUID) (net.Conn, error){
		spec.ConsoleSocket: driver.Console, spec.VNCSocket: driver.VNC,
	} {
		conn, err := open(t.Context(), spec.UUID)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		_ = conn.Close()
		listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(t.TempDir(), "host"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(os.Rename(path, path+".old"), os.Symlink(listener.Addr().String(), path)); err != nil {
			t.Fatal(err)
		}
		if conn, err := open(t.Context(), spec.UUID); !errors.Is(err, vm.ErrBadSpec) {
			t.Errorf("%s: %v, %v, want a link refused", path, conn, err)
		}
		if err := errors.Join(os.Rename(path+".old", path), listener.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// checkLogCut expects the console's log to continue from its start after it was
// truncated.
func checkLogCut(t *testing.T, driver *libvirt.Driver, spec vm.Spec) {
	t.Helper()
	if err := errors.Join(os.Truncate(spec.ConsoleLog, 0), driver.Reset(t.Context(), spec.UUID)); err != nil {
		t.Fatal(err)
	}
	var data []byte
	eventually(t, "the guest to speak again", func() bool {
		data, _ = os.ReadFile(spec.ConsoleLog)
		return strings.Contains(string(data), "guest")
	})
	if strings.Contains(string(data), "\x00") {
		t.Errorf("the log has a hole: %q", data)
	}
}

// filters returns the rules below IP that name the guest's port, whoever wrote
// them.
func filters(t *testing.T, spec vm.Spec) string {
	t.Helper()
	out, err := exec.Command("nft", "list", "ruleset", "bridge").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, spec.NIC.Tap) {
			found = append(found, line)
		}
	}
	return strings.Join(found, "")
}

func checkNothingLeft(t *testing.T, config daemon.Config, spec vm.Spec) {
	t.Helper()
	if rules := filters(t, spec); rules != "" {
		t.Errorf("rules are left:\n%s", rules)
	}
	for _, name := range []string{spec.NIC.Tap, bridge} {
		if _, err := netlink.LinkByName(name); err == nil {
			t.Errorf("link %s is left", name)
		}
	}
	out, err := exec.Command("nft", "list", "tables").CombinedOutput()
	if err != nil || strings.Contains(string(out), "dbc-"+bridge) {
		t.Errorf("tables are %s, %v, want none of %s", out, err, bridge)
	}
	if left := processesOf(t, config); len(left) != 0 {
		t.Errorf("processes are left: %v", left)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), config.Dir) {
		t.Errorf("mounts are left, %v:\n%s", err, mounts)
	}
}

// processesOf returns those that see the daemon's folder in libvirt's place.
func processesOf(t *testing.T, config daemon.Config) []string {
	t.Helper()
	own, err := os.Stat(filepath.Join(config.Dir, "lib"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := filepath.Glob("/proc/[0-9]*/root/var/lib/libvirt")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, entry := range entries {
		if info, err := os.Stat(entry); err == nil && os.SameFile(info, own) {
			list = append(list, entry)
		}
	}
	return list
}

// kill9 kills the process whose pid is in a file.
func kill9(t *testing.T, pidFile string) {
	t.Helper()
	data, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(data), &pid); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
}
