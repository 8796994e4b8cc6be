package devnet_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/devnet"
)

const dbc = 1_000_000

func ExampleStartFake() {
	ctx := context.Background()
	network, err := devnet.StartFake(ctx, devnet.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = network.Close() }()
	alice, err := network.Renter(ctx, "alice", 100*dbc)
	if err != nil {
		fmt.Println(err)
		return
	}
	order := market.Order{MachineID: network.Info().MachineID, Seconds: 600, Slots: 1}
	quote, err := alice.Quote(ctx, order)
	if err != nil {
		fmt.Println(err)
		return
	}
	rented, err := alice.Rent(ctx, order, quote)
	if err != nil {
		fmt.Println(err)
		return
	}
	// From now on no VM starts.
	if err := network.Order(ctx, devnet.CreateFails); err != nil {
		fmt.Println(err)
		return
	}
	machine, err := network.Machine(alice)
	if err != nil {
		fmt.Println(err)
		return
	}
	task, err := machine.CreateTask(ctx, api.Create{
		RentOrder: api.Text(strconv.FormatUint(rented.RentID, 10)), ImageName: "tiny.qcow2",
		SSHPort: api.Text(strconv.Itoa(int(network.FirstPort()))),
	})
	if err == nil {
		_, err = machine.WaitTask(ctx, task.TaskID, client.StatusRunning, nil)
	}
	var failed *client.TaskError
	if errors.As(err, &failed) {
		fmt.Println(failed.Reason.Code)
	}
	// Output: CREATE_FAILED
}

// startFake starts a fake devnet of this test.
func startFake(t *testing.T) *devnet.Network {
	t.Helper()
	began := time.Now()
	n, err := devnet.StartFake(t.Context(), devnet.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("started in %s", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		for _, path := range []string{n.Info().Home, n.Info().DataDir} {
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is left: %v", path, err)
			}
		}
	})
	return n
}

// customer is a renter with a rental of one slot and an SSH key.
type customer struct {
	*client.Node
	rent, port string
	key        ssh.Signer
}

func newCustomer(t *testing.T, n *devnet.Network, name string, offset uint16) customer {
	t.Helper()
	renter, err := n.Renter(t.Context(), name, 100*dbc)
	if err != nil {
		t.Fatal(err)
	}
	order := market.Order{MachineID: n.Info().MachineID, Seconds: 3600, Slots: 1}
	quote, err := renter.Quote(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	rented, err := renter.Rent(t.Context(), order, quote)
	if err != nil {
		t.Fatal(err)
	}
	machine, err := n.Machine(renter)
	if err != nil {
		t.Fatal(err)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return customer{machine, strconv.FormatUint(rented.RentID, 10), strconv.Itoa(int(n.FirstPort() + offset)), key}
}

func (c customer) create(t *testing.T) (api.Task, error) {
	t.Helper()
	task, err := c.CreateTask(t.Context(), api.Create{
		RentOrder: api.Text(c.rent), ImageName: "tiny.qcow2", SSHPort: api.Text(c.port),
		SSHPublicKeys: []string{strings.TrimSpace(string(ssh.MarshalAuthorizedKey(c.key.PublicKey())))},
	})
	if err != nil {
		return task, err
	}
	return c.WaitTask(t.Context(), task.TaskID, client.StatusRunning, nil)
}

// run runs a command in a guest, with the host key that its machine signed.
func (c customer) run(t *testing.T, task api.Task, key ssh.Signer, command string) (string, error) {
	t.Helper()
	login, err := client.NewLogin(task)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ssh.Dial("tcp", fmt.Sprintf("%s:%d", login.Addr, login.Port), &ssh.ClientConfig{
		User: login.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(key)}, HostKeyCallback: ssh.FixedHostKey(login.HostKeys[0]), Timeout: time.Minute,
	})
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	session, err := conn.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.Output(command)
	return string(out), err
}

// TestFakeNetwork leads one network through a VM's life and the faults.
func TestFakeNetwork(t *testing.T) {
	n := startFake(t)
	alice := newCustomer(t, n, "alice", 0)
	task, err := alice.create(t)
	if err != nil {
		t.Fatal(err)
	}
	checkLogin(t, alice, task)
	for _, step := range []struct {
		name string
		do   func(*testing.T, *devnet.Network, customer, api.Task)
	}{
		{"reply-lost", losesReply},
		{"vm-lost", losesVM},
		{"disk-full", fillsDisk},
		{"node-down", downsNode},
		{"chain-stalled", stallsChain},
		{"create-fails", failsCreate},
		{"orders", ordersNonsense},
		{"socket", protectsSocket},
	} {
		t.Run(step.name, func(t *testing.T) { step.do(t, n, alice, task) })
	}
	if left := n.Ordered(); len(left) > 0 {
		t.Errorf("in force: %v", left)
	}
}

func checkLogin(t *testing.T, alice customer, task api.Task) {
	t.Helper()
	if out, err := alice.run(t, task, alice.key, "echo hello; nproc"); err != nil || out != "hello\n"+task.CPUCores+"\n" {
		t.Errorf("%q, %v", out, err)
	}
	exit := new(ssh.ExitError)
	if _, err := alice.run(t, task, alice.key, "rm -rf /"); !errors.As(err, &exit) || exit.ExitStatus() != 127 {
		t.Errorf("a command of this computer: %v", err)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := alice.run(t, task, other, "true"); err == nil {
		t.Error("another's key was let in")
	}
}

func order(t *testing.T, n *devnet.Network, f devnet.Fault) {
	t.Helper()
	if err := n.Order(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if f != devnet.VMLost && !slices.Contains(n.Ordered(), f) {
		t.Errorf("%s is not in force", f)
	}
}

func clearFault(t *testing.T, n *devnet.Network, f devnet.Fault) {
	t.Helper()
	if err := n.Clear(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func losesReply(t *testing.T, n *devnet.Network, alice customer, task api.Task) {
	order(t, n, devnet.ReplyLost)
	if err := alice.StopTask(t.Context(), task.TaskID); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("stop: %v, want %v", err, client.ErrUnreachable)
	}
	if _, err := alice.WaitTask(t.Context(), task.TaskID, client.StatusClosed, nil); err != nil {
		t.Errorf("it did not happen: %v", err)
	}
	clearFault(t, n, devnet.ReplyLost)
	if err := alice.StartTask(t.Context(), task.TaskID); err != nil {
		t.Fatal(err)
	}
	if _, err := alice.WaitTask(t.Context(), task.TaskID, client.StatusRunning, nil); err != nil {
		t.Fatal(err)
	}
}

func losesVM(t *testing.T, n *devnet.Network, alice customer, task api.Task) {
	order(t, n, devnet.VMLost)
	// The node starts it again, however long it takes to notice.
	for out := ""; out != "back\n"; {
		out, _ = alice.run(t, task, alice.key, "echo back")
	}
	if _, err := alice.WaitTask(t.Context(), task.TaskID, client.StatusRunning, nil); err != nil {
		t.Error(err)
	}
}

func fillsDisk(t *testing.T, n *devnet.Network, alice customer, task api.Task) {
	order(t, n, devnet.DiskFull)
	awaitTask(t, alice, task, func(now api.Task) bool { return now.Reason != nil && now.Reason.Code == notice.PausedDisk })
	clearFault(t, n, devnet.DiskFull)
	awaitTask(t, alice, task, func(now api.Task) bool { return now.Status == client.StatusRunning && now.Reason == nil })
}

// awaitTask returns when the VM is as wanted, or the test's time is over.
func awaitTask(t *testing.T, alice customer, task api.Task, right func(api.Task) bool) {
	t.Helper()
	for revision := ""; ; {
		now, err := alice.TaskAfter(t.Context(), task.TaskID, revision)
		if err != nil {
			t.Fatal(err)
		}
		if right(now) {
			return
		}
		revision = now.Revision
	}
}

func downsNode(t *testing.T, n *devnet.Network, alice customer, task api.Task) {
	order(t, n, devnet.NodeDown)
	if _, err := alice.Task(t.Context(), task.TaskID); err == nil {
		t.Error("a node that is down answers")
	}
	clearFault(t, n, devnet.NodeDown)
	if now, err := alice.Task(t.Context(), task.TaskID); err != nil || now.Status != client.StatusRunning {
		t.Errorf("%s, %v", now.Status, err)
	}
}

func stallsChain(t *testing.T, n *devnet.Network, _ customer, _ api.Task) {
	before, err := n.Chain().Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	order(t, n, devnet.ChainStalled)
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := n.Chain().Head(short); err == nil {
		t.Error("a frozen chain answers")
	}
	clearFault(t, n, devnet.ChainStalled)
	for {
		if now, err := n.Chain().Head(t.Context()); err == nil && now.Height > before.Height {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal("the chain does not go on")
		}
	}
}

func failsCreate(t *testing.T, n *devnet.Network, _ customer, _ api.Task) {
	bob := newCustomer(t, n, "bob", 1)
	order(t, n, devnet.CreateFails)
	failed := new(client.TaskError)
	if _, err := bob.create(t); !errors.As(err, &failed) || failed.Reason == nil || failed.Reason.Code != notice.CreateFailed {
		t.Errorf("%v", err)
	}
	clearFault(t, n, devnet.CreateFails)
	if _, err := bob.create(t); err != nil {
		t.Error(err)
	}
}

func ordersNonsense(t *testing.T, n *devnet.Network, _ customer, _ api.Task) {
	if err := n.Order(t.Context(), "rm -rf"); !errors.Is(err, devnet.ErrNoFault) {
		t.Errorf("%v", err)
	}
	if err := n.Info().OrderFault(t.Context(), "", false); !errors.Is(err, devnet.ErrRefused) {
		t.Errorf("%v", err)
	}
	real := n.Info()
	real.Fake = false
	if err := real.OrderFault(t.Context(), devnet.VMLost, false); !errors.Is(err, devnet.ErrReal) {
		t.Errorf("a real devnet took an order: %v", err)
	}
}

// protectsSocket: nobody but the devnet's user can order faults.
func protectsSocket(t *testing.T, n *devnet.Network, _ customer, _ api.Task) {
	for path, want := range map[string]os.FileMode{n.Info().Control: 0o600, filepath.Dir(n.Info().Control): 0o700} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}
