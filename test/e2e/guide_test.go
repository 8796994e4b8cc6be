package e2e

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/devnet"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	coins = 1_000_000_000
	fee   = 10_000_000
	// price of a slot of the devnet's machine per day, in udbc.
	price = 100_000_000
	day   = 86_400
)

type rentReply struct {
	RentID uint64 `json:"rent_id"`
	Rent   uint64 `json:"rent_udbc"`
	Fee    uint64 `json:"fee_udbc"`
	Gas    uint64 `json:"gas_udbc"`
}

// rentOf returns the cost of the given seconds of one slot.
func rentOf(seconds uint64) uint64 { return price * seconds / day }

func (w *world) rent(wallet, duration string) rentReply {
	w.t.Helper()
	// Two JSON objects would be a bug: the quote is for people only.
	var made rentReply
	w.dbcJSON(&made, "rent", w.info.MachineID, duration, "--slots", "1", "--wallet", wallet)
	return made
}

func (w *world) create(wallet string, rentID uint64, port string) api.Task {
	w.t.Helper()
	var task api.Task
	w.dbcJSON(&task, "vm", "create", strconv.FormatUint(rentID, 10), "--ssh-port", port, "--ssh-key", w.public, "--wallet", wallet)
	if task.Status != client.StatusRunning {
		w.t.Fatalf("created VM is %q", task.Status)
	}
	return task
}

// running counts the domains that virsh lists as running.
func (w *world) running() int {
	w.t.Helper()
	return len(strings.Fields(w.virsh("list", "--name", "--state-running")))
}

func (w *world) state(id uint64) rental.RentalState {
	w.t.Helper()
	r, err := w.chain.Rental(w.ctx, id)
	w.must(err)
	return r.State
}

// TestGuide follows the guide, its money to the udbc, and its end.
func TestGuide(t *testing.T) {
	w := start(t, "--fast")
	alice, bob := w.renter("alice", coins), w.renter("bob", coins)
	payout := w.info.Accounts[devnet.Payout]
	first := int(devnetPort(w, t))

	// Alice: rent, VM, login, confirm, renew.
	made := w.rent("alice", "30m")
	spent := made.Rent + made.Fee + made.Gas
	if made.Rent != rentOf(1800) || made.Fee != fee {
		t.Errorf("rent %d, fee %d", made.Rent, made.Fee)
	}
	if has := w.balance(alice.Address()); has != coins-spent {
		t.Errorf("alice has %d, want %d", has, coins-spent)
	}
	if held := w.balance(devnet.Escrow()); held != made.Rent+made.Fee {
		t.Errorf("escrow %d, want %d", held, made.Rent+made.Fee)
	}
	task := w.create("alice", made.RentID, strconv.Itoa(first))
	if n := w.running(); n != 1 {
		t.Errorf("virsh sees %d domains running", n)
	}
	if said := w.dbc("ssh", task.TaskID, "-i", w.key, "--wallet", "alice", "--", "uname", "-s"); !strings.Contains(said, "Linux") {
		t.Errorf("the guest says %q", said)
	}
	for _, via := range []string{w.info.Client, "direct"} {
		said := w.dbc("ssh", task.TaskID, "-i", w.key, "--wallet", "alice", "--through", "--node", via, "--", "uname", "-s")
		if !strings.Contains(said, "Linux") {
			t.Errorf("through %s the guest says %q", via, said)
		}
	}
	var tx, renewed rentReply
	w.dbcJSON(&tx, "confirm", "1", "--wallet", "alice")
	w.dbcJSON(&renewed, "relet", "1", "15m", "--wallet", "alice")
	spent += tx.Gas + renewed.Gas + renewed.Rent
	if has := w.balance(alice.Address()); has != coins-spent || renewed.Rent != rentOf(900) {
		t.Errorf("alice has %d, want %d; renewal %d", has, coins-spent, renewed.Rent)
	}

	// Bob never confirms: the whole rent is returned, half of the fee goes to
	// the host, and the VM is gone with the trial.
	trial := w.rent("bob", "10m")
	w.create("bob", trial.RentID, strconv.Itoa(first+1))
	w.waitFor("bob's trial is refunded", func() bool { return w.state(trial.RentID) == rental.RENTAL_STATE_REFUNDED })
	w.waitFor("bob has his rent back", func() bool { return w.balance(bob.Address()) == coins-fee-trial.Gas })
	w.waitFor("bob's VM is off", func() bool { return w.running() == 1 })
	if got := w.balance(payout); got != fee/2 {
		t.Errorf("the host got %d for a refunded trial, want %d", got, fee/2)
	}

	// Alice's second rental ends during the test: the VM stops, the host is
	// paid.
	short := w.rent("alice", "1m")
	w.dbcJSON(&tx, "confirm", strconv.FormatUint(short.RentID, 10), "--wallet", "alice")
	w.create("alice", short.RentID, strconv.Itoa(first+2))
	if n := w.running(); n != 2 {
		t.Errorf("virsh sees %d domains running", n)
	}
	w.waitFor("the rental ended", func() bool { return w.state(short.RentID) == rental.RENTAL_STATE_ENDED })
	w.waitFor("its VM is off", func() bool { return w.running() == 1 })
	w.waitFor("the host is paid", func() bool { return w.balance(payout) == fee/2+rentOf(60) })
	spent += short.Rent + short.Fee + short.Gas + tx.Gas
	if has := w.balance(alice.Address()); has != coins-spent {
		t.Errorf("alice has %d, want %d", has, coins-spent)
	}
	if held := w.balance(devnet.Escrow()); held != made.Rent+renewed.Rent {
		t.Errorf("escrow %d, want %d", held, made.Rent+renewed.Rent)
	}

	w.dbc("devnet", "stop")
	w.checkGone()
}

// TestKilled verifies that nothing is left of a devnet that was killed with
// kill -9, and that it continues with its VM after its home was moved.
func TestKilled(t *testing.T) {
	w := start(t)
	w.renter("alice", coins)
	made := w.rent("alice", "30m")
	task := w.create("alice", made.RentID, strconv.Itoa(int(devnetPort(w, t))))
	w.must(w.cmd.Process.Signal(syscall.SIGKILL))
	<-w.ended
	for name, process := range w.info.Processes {
		alive := make(chan struct{})
		w.ended = alive // waitFor must not report the devnet's end as a failure
		w.waitFor(name+" ended", func() bool { return !process.Alive() })
		close(alive)
	}
	w.checkGone()
	w.move()
	w.waitFor("the VM runs again", func() bool {
		var shown api.Task
		out, err := w.tryDbc("vm", "show", task.TaskID, "--wallet", "alice", "--json")
		return err == nil && json.Unmarshal([]byte(out), &shown) == nil && shown.Status == client.StatusRunning
	})
}

// move starts the devnet, which has ended, from another path.
func (w *world) move() {
	w.t.Helper()
	disks, moved := w.info.DataDir, w.home+" moved"
	w.must(os.Rename(w.home, moved))
	w.t.Cleanup(func() { _ = os.RemoveAll(moved) })
	w.home, w.ended = moved, make(chan struct{})
	w.run()
	if w.info.DataDir != disks {
		w.t.Errorf("the disks are in %s, were in %s", w.info.DataDir, disks)
	}
}

func devnetPort(w *world, t *testing.T) uint32 {
	t.Helper()
	listed, err := w.chain.Machine(w.ctx, w.info.MachineID)
	w.must(err)
	return listed.Machine.Facts.PortFirst + 482
}

// checkGone expects no process, interface, table, mount or domain of the
// devnet.
func (w *world) checkGone() {
	w.t.Helper()
	w.must(w.info.CheckGone())
	links, err := net.Interfaces()
	w.must(err)
	for _, link := range links {
		if link.Name == w.info.Bridge {
			w.t.Errorf("interface %s is left", link.Name)
		}
	}
	rules, err := exec.CommandContext(w.ctx, "nft", "list", "ruleset").Output()
	w.must(err)
	if strings.Contains(string(rules), w.info.Bridge) {
		w.t.Errorf("rules of %s are left", w.info.Bridge)
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	w.must(err)
	if strings.Contains(string(mounts), w.info.DataDir) {
		w.t.Error("mounts are left")
	}
	processes, err := exec.CommandContext(w.ctx, "ps", "-eo", "args").Output()
	w.must(err)
	if strings.Contains(string(processes), w.info.DataDir) || strings.Contains(string(processes), w.home+"/devnet") {
		w.t.Error("processes are left")
	}
}
