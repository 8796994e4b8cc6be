package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/devnet"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// TestOperations performs every operation of a renter on one guest, and returns
// its disks after its rental was broken. The machine's node runs as two
// processes, and the one that renters talk to has no privileges.
func TestOperations(t *testing.T) {
	w := start(t)
	w.split()
	w.renter("alice", coins)
	made := w.rent("alice", "30m")
	id := strconv.FormatUint(made.RentID, 10)
	w.dbc("confirm", id, "--wallet", "alice")
	g := &guest{world: w, port: int(devnetPort(w, t))}
	g.create(made.RentID)
	g.ssh("echo kept > /home/dbc/kept && sync")

	g.published()
	g.modify()
	g.power()
	g.disks()
	g.login("a new secret word")
	g.screen()

	// The host breaks the rental: the disks are kept, and can be used again.
	owner, err := w.ring.Wallet(devnet.Owner)
	w.must(err)
	_, err = w.chain.Broadcast(w.ctx, owner, &rental.MsgBreakRental{Signer: owner.Address(), RentId: made.RentID})
	w.must(err)
	w.waitFor("the VM is off", func() bool { return w.running() == 0 })
	// The penalty left the machine below its required stake, so nobody can rent
	// it.
	listing, err := w.chain.Machine(w.ctx, w.info.MachineID)
	w.must(err)
	_, err = w.chain.Broadcast(w.ctx, owner, &machine.MsgAddStake{
		Sender: owner.Address(), MachineId: w.info.MachineID, Amount: listing.Machine.StakeRequired - listing.Machine.Stake,
	})
	w.must(err)
	again := w.rent("alice", "30m")
	var kept struct{ Tasks []api.Task }
	w.waitFor("its disks are kept", func() bool {
		w.dbcJSON(&kept, "vm", "list", "--wallet", "alice")
		return len(kept.Tasks) == 1 && kept.Tasks[0].KeptUntil != ""
	})
	var task api.Task
	w.dbcJSON(&task, "vm", "create", strconv.FormatUint(again.RentID, 10), "--restore", g.task,
		"--ssh-port", strconv.Itoa(g.port), "--ssh-key", w.public, "--wallet", "alice")
	g.task = task.TaskID
	if said := g.ssh("cat /home/dbc/kept"); said != "kept" {
		t.Errorf("the file of before says %q", said)
	}
	if sectors := g.sectors("vdb"); sectors != strconv.Itoa(2<<30/512) {
		t.Errorf("the data disk has %s sectors", sectors)
	}
	g.dbc("vm", "delete", g.task, "--yes")
	w.waitFor("it is deleted", func() bool {
		w.dbcJSON(&kept, "vm", "list", "--wallet", "alice")
		return len(kept.Tasks) == 0
	})
	if n := w.running(); n != 0 {
		t.Errorf("virsh sees %d domains running", n)
	}
}

// guest is the VM of one test.
type guest struct {
	*world
	task string
	port int
}

func (g *guest) dbc(args ...string) string {
	g.t.Helper()
	return g.world.dbc(append(args, "--wallet", "alice")...)
}

// ssh runs a command in the guest as soon as a login is possible.
func (g *guest) ssh(command string) (said string) {
	g.t.Helper()
	g.waitFor("the guest takes a login", func() bool {
		cmd := exec.CommandContext(g.ctx, filepath.Join(programs, "dbc"), "ssh", g.task, "-i", g.key, "--wallet", "alice", "--", command)
		cmd.Env = append(os.Environ(), "DBC_HOME="+g.home)
		out, err := cmd.Output()
		said = strings.TrimSpace(string(out))
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() != 255 && exit.ExitCode() != 1 {
			g.t.Fatalf("%s: %v: %s %s", command, err, out, exit.Stderr)
		}
		return err == nil
	})
	return said
}

// bootID changes with every boot.
func (g *guest) bootID() string { return g.ssh("cat /proc/sys/kernel/random/boot_id") }

func (g *guest) power() {
	g.t.Helper()
	boot := g.bootID()
	booted := func(how string) {
		g.t.Helper()
		g.waitFor("it begins anew after "+how, func() bool {
			now := g.bootID()
			defer func() { boot = now }()
			return now != boot
		})
	}
	g.dbc("vm", "stop", g.task)
	if n := g.running(); n != 0 {
		g.t.Errorf("virsh sees %d domains running after the stop", n)
	}
	g.refused("vm", "reset", g.task, "--wallet", "alice")
	g.refused("vm", "console", g.task, "--wallet", "alice")
	g.dbc("vm", "start", g.task)
	booted("a start")
	g.dbc("vm", "restart", g.task, "--force")
	booted("a restart by force")
	g.dbc("vm", "reset", g.task)
	booted("a reset")
	if said := g.ssh("cat /home/dbc/kept"); said != "kept" {
		g.t.Errorf("after all that the file says %q", said)
	}
}

func (g *guest) modify() {
	g.t.Helper()
	greets := func(port int) bool {
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false
		}
		defer func() { _ = conn.Close() }()
		line, err := bufio.NewReader(io.LimitReader(conn, 256)).ReadString('\n')
		return err == nil && strings.HasPrefix(line, "SSH-")
	}
	_, before := g.custom()
	g.dbc("vm", "modify", g.task, "--custom-port", "tcp,"+strconv.Itoa(g.port+1)+":22")
	for _, s := range before {
		if err := s.ask(); !errors.Is(err, syscall.ECONNREFUSED) {
			g.t.Errorf("%s %d of before: %v, want a refusal", s.protocol, s.outside, err)
		}
	}
	if !greets(g.port + 1) {
		g.t.Error("the new port leads nowhere")
	}
	g.dbc("vm", "modify", g.task, "--custom-port", "none")
	if greets(g.port + 1) {
		g.t.Error("the removed port still leads to the guest")
	}
	if !greets(g.port) {
		g.t.Error("ssh's port was removed with the others")
	}
}

// disks adds two disks to the running guest, grows one, and deletes the other.
func (g *guest) disks() {
	g.t.Helper()
	size := func(disk string, gib int) {
		g.t.Helper()
		g.waitFor("the guest sees "+disk+" of "+strconv.Itoa(gib)+" GiB", func() bool {
			return g.sectors(disk) == strconv.Itoa(gib<<30/512)
		})
	}
	g.dbc("disk", "add", g.task, "1")
	size("vdb", 1)
	g.dbc("disk", "add", g.task, "1")
	size("vdc", 1)
	g.dbc("disk", "resize", g.task, "vdb", "2")
	size("vdb", 2)
	g.refused("disk", "resize", g.task, "vdb", "1", "--wallet", "alice")
	g.dbc("disk", "delete", g.task, "vdc", "--yes")
	if left := g.sectors("vdc"); left != "" {
		g.t.Errorf("the deleted disk has %s sectors", left)
	}
	var list api.Disks
	g.dbcJSON(&list, "disk", "list", g.task, "--wallet", "alice")
	if len(list.Disks) != 2 || list.Disks[1] != (api.Disk{Disk: "vdb", Size: "2G", Status: "ok"}) {
		g.t.Errorf("disks %+v", list)
	}
}

// sectors returns the size of the disk with this serial number, or "" if there
// is none.
func (g *guest) sectors(disk string) string {
	g.t.Helper()
	return g.ssh("for d in /sys/block/vd*; do if [ \"$(cat $d/serial)\" = " + disk + " ]; then cat $d/size; fi; done")
}

// run starts dbc for as long as the test needs it.
func (g *guest) run(in io.Reader, args ...string) (out io.Reader, end func()) {
	g.t.Helper()
	cmd := exec.CommandContext(g.ctx, filepath.Join(programs, "dbc"), append(args, "--wallet", "alice")...)
	cmd.Env = append(os.Environ(), "DBC_HOME="+g.home)
	cmd.Stdin, cmd.Stderr = in, os.Stderr
	out, err := cmd.StdoutPipe()
	g.must(err)
	g.must(cmd.Start())
	return out, func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}
}

// login sets a password through the agent, and uses it on the serial console.
// This involves dbc, client node, libp2p, machine, WebSocket, QEMU and guest.
func (g *guest) login(password string) {
	g.t.Helper()
	cmd := exec.CommandContext(g.ctx, filepath.Join(programs, "dbc"), "vm", "passwd", g.task, "--wallet", "alice")
	cmd.Env, cmd.Stdin = append(os.Environ(), "DBC_HOME="+g.home), strings.NewReader(password+"\n")
	if said, err := cmd.CombinedOutput(); err != nil {
		g.t.Fatalf("passwd: %v: %s", err, said)
	}
	in, typed, err := os.Pipe()
	g.must(err)
	defer func() { _ = typed.Close() }()
	out, end := g.run(in, "vm", "console", g.task)
	defer end()
	var seen bytes.Buffer
	expect := func(want string) {
		g.t.Helper()
		for one := make([]byte, 1); !strings.HasSuffix(seen.String(), want); {
			if _, err := out.Read(one); err != nil {
				g.t.Fatalf("the console says %q, then %v; want %q", seen.String(), err, want)
			}
			seen.Write(one)
		}
	}
	enter := func(text string) {
		_, err := typed.WriteString(text + "\r")
		g.must(err)
	}
	enter("")
	expect("login: ")
	enter("dbc")
	expect("Password: ")
	enter(password)
	expect("$ ")
	enter("echo $((6*7))-here")
	expect("\n42-here")
	g.refused("vm", "console", g.task, "--wallet", "alice") // only one reader
}

func (g *guest) screen() {
	g.t.Helper()
	out, end := g.run(nil, "vm", "vnc", g.task, "--listen", "127.0.0.1:0", "--json")
	defer end()
	var at struct{ Listen string }
	g.must(json.NewDecoder(out).Decode(&at))
	conn, err := net.Dial("tcp", at.Listen)
	g.must(err)
	defer func() { _ = conn.Close() }()
	hello := make([]byte, 12)
	if _, err := io.ReadFull(conn, hello); err != nil || !bytes.HasPrefix(hello, []byte("RFB 003.")) {
		g.t.Errorf("the screen says %q, %v", hello, err)
	}
	if task, err := g.node().Task(g.ctx, g.task); err != nil || task.Status != client.StatusRunning {
		g.t.Errorf("after all that the VM is %q, %v", task.Status, err)
	}
}

// node returns the machine through the devnet's client node.
func (g *guest) node() *client.Node {
	g.t.Helper()
	alice, err := g.ring.Wallet("alice")
	g.must(err)
	n, err := client.NewNode(client.NodeConfig{URL: g.info.Client, ChainID: g.info.ChainID, MachineID: g.info.MachineID, Signer: alice})
	g.must(err)
	return n
}
