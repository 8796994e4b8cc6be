package e2e

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dbc-network/dbc/devnet"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/network"
)

// nobody is the user of a node without privileges.
const nobody = "65534"

// helpersNet is the guests' network of the machine that split creates.
var helpersNet = netip.MustParsePrefix("10.95.77.0/24")

// split adds a second machine to the devnet's market and uses it in the test:
// dbc-helper with the rights of deploy's dbc-helper.service, and dbc node
// start as a user without any, on the devnet's libvirtd.
func (w *world) split() {
	w.t.Helper()
	// QEMU's user and the node's can traverse it, unlike t.TempDir.
	dir, err := os.MkdirTemp("", "dbc-e2e-")
	w.must(err)
	w.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w.must(os.Chmod(dir, 0o711))
	program, home, run := filepath.Join(dir, "dbc"), filepath.Join(dir, "home"), filepath.Join(dir, "run")
	w.copy(filepath.Join(programs, "dbc"), program, 0o755)
	w.copy(filepath.Join(programs, "dbc-helper"), program+"-helper", 0o755)
	images := filepath.Join(dir, "data", "images")
	w.must(os.MkdirAll(images, 0o755))
	w.must(os.Chmod(filepath.Dir(images), 0o711))
	w.must(os.Chmod(images, 0o755))
	w.copy("../../build/images/tiny.qcow2", filepath.Join(images, "tiny.qcow2"), 0o444)
	id := w.configure(home, filepath.Dir(images), filepath.Join(run, "helper.sock"))

	// Clean-ups run in reverse order of registration.
	w.t.Cleanup(func() { w.removeNetwork(id) })
	w.startAs("helper", []string{"--bounding-set=-all,+net_admin,+chown,+dac_override,+fowner", "--no-new-privs"},
		program+"-helper", "--home", home, "--user", nobody, "--run-dir", run)
	started := w.startAs("node", []string{
		"--reuid", nobody, "--regid", nobody, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs",
	}, program, "node", "start", "--home", home, "--run-dir", run)
	w.dbc("host", "bond", "--yes", "--node-home", home, "--price", "100", "--wallet", devnet.Owner,
		"--operator", w.info.Accounts[devnet.Operator], "--payout", w.info.Accounts[devnet.Payout])
	w.waitFor("the node answers and believes the chain", func() bool {
		_, err := w.tryDbc("node", "status", "--home", home)
		return err == nil
	})
	w.dbc("host", "online", "--node-home", home, "--wallet", devnet.Operator)
	w.unprivileged(started.Process.Pid)
	w.info.MachineID = id
}

func (w *world) copy(from, to string, mode os.FileMode) {
	w.t.Helper()
	text, err := os.ReadFile(from)
	w.must(err)
	w.must(os.WriteFile(to, text, mode))
	w.must(os.Chmod(to, mode))
}

// configure runs dbc node init, based on the configuration of the devnet's own
// machine.
func (w *world) configure(home, data, socket string) (machineID string) {
	w.t.Helper()
	like, err := conf.LoadCompute(filepath.Join(w.home, "devnet", "mining"))
	w.must(err)
	number := func(n int) string { return strconv.Itoa(n) }
	set := map[string]string{
		"chain_id": like.ChainID, "chain_grpc": like.ChainGRPC, "chain_rpc": like.ChainRPC,
		"net_listen_ip": "127.0.0.1", "net_listen_port": number(int(like.HTTPListen.Port()) + 10),
		"http_port": number(int(like.HTTPListen.Port()) + 11), "public_ip": like.PublicIP.String(),
		"port_first": number(int(like.PortFirst)), "port_last": number(int(like.PortLast)),
		"data_dir": data, "libvirt_socket": like.LibvirtSocket, "helper_socket": socket, "guest_cidr": helpersNet.String(),
		"host_cpus": number(like.HostCPUs), "host_memory_mib": fmt.Sprint(like.HostMemoryMiB),
		"test_slots": "2", "test_emulation": "true", "reconcile_seconds": "2",
	}
	args := []string{"node", "init", "--role", "mining", "--home", home}
	for key, value := range set {
		args = append(args, "--set", key+"="+value)
	}
	machineID = strings.TrimSpace(w.dbc(args...))
	user, err := strconv.Atoi(nobody)
	w.must(err)
	for _, path := range []string{filepath.Dir(conf.KeyFile), conf.KeyFile} {
		w.must(os.Chown(filepath.Join(home, path), user, user))
	}
	return machineID
}

// startAs runs a program with the given rights until the test ends.
func (w *world) startAs(name string, rights []string, argv ...string) *exec.Cmd {
	w.t.Helper()
	cmd := exec.Command("setpriv", append(rights, argv...)...)
	var said strings.Builder
	cmd.Stderr = &said
	w.must(cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	w.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(time.Minute):
			w.t.Errorf("the %s does not end", name)
			_ = cmd.Process.Kill()
			<-ended
		}
		if w.t.Failed() {
			w.t.Logf("%s: %s", name, said.String())
		}
	})
	return cmd
}

func (w *world) removeNetwork(machineID string) {
	binding := names.Binding{ChainID: w.info.ChainID, GenesisHash: w.genesis, MachineID: machineID}
	n, err := network.Open(network.Config{
		Bridge: binding.Bridge(), CIDR: helpersNet, Published: netip.AddrFrom4([4]byte{127, 0, 0, 1}),
	})
	if err == nil {
		err = n.Remove(context.Background())
	}
	if err != nil {
		w.t.Errorf("remove the guests' network: %v", err)
	}
}

// unprivileged expects the node's process to run as nobody without
// capabilities.
func (w *world) unprivileged(pid int) {
	w.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	w.must(err)
	want := map[string]string{
		"Name": "dbc", "Uid": strings.Repeat(nobody+" ", 3) + nobody, "Groups": "", "NoNewPrivs": "1",
		"CapPrm": "0000000000000000", "CapEff": "0000000000000000", "CapBnd": "0000000000000000",
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		if asked, is := want[name]; is && strings.Join(strings.Fields(value), " ") != asked {
			w.t.Errorf("the node's %s is %q, want %q", name, strings.TrimSpace(value), asked)
		}
	}
}
