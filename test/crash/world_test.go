package crash

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
	"github.com/dbc-network/dbc/vm/libvirt/daemon"
)

const (
	limit = 5 * time.Minute
	tiny  = "../../build/images/tiny.qcow2"
	port  = 15322
)

// world is a computer with a libvirtd, a data folder and the chain's state.
type world struct {
	t      *testing.T
	ctx    context.Context //nolint:containedctx // the test's own
	dir    string
	config daemon.Config
	driver *libvirt.Driver
	said   word
	s      settings

	// program is this test's binary at a path where the node's user can run it.
	program string
	helper  *exec.Cmd
	node    *exec.Cmd
	mu      sync.Mutex
	last    report
	over    chan struct{}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("needs root, for libvirt and a bridge: run scripts/test.sh")
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	w := &world{t: t, ctx: ctx}
	// QEMU's user has to traverse it, so not t.TempDir.
	var err error
	w.dir, err = os.MkdirTemp("", "dbc-crash-") //nolint:usetesting // see above
	w.must(err)
	t.Cleanup(func() { w.check(os.RemoveAll(w.dir)) })
	w.must(os.Chmod(w.dir, 0o711))
	w.config = daemon.Config{Dir: filepath.Join(w.dir, "libvirt")}
	w.s = settings{
		Data: filepath.Join(w.dir, "data"), Journal: filepath.Join(w.dir, "journal.db"), Ledger: filepath.Join(w.dir, "ledger.json"),
		Image: "tiny.qcow2", Port: port,
	}
	w.startDaemon()
	t.Cleanup(w.tearDown)
	w.driver, err = libvirt.Open(ctx, libvirt.Config{Socket: w.s.Socket, Owner: owner, Emulation: true, Cache: w.dir})
	w.must(err)
	t.Cleanup(func() { w.check(w.driver.Close()) })
	w.addImage("tiny.qcow2", tiny)
	now := time.Now()
	w.say(word{Open: map[uint64]trust.Rental{1: {
		ID: 1, Renter: renter, Slots: []uint32{0}, State: rental.StateActive, Start: now, End: now.Add(2 * time.Hour), Deadline: now.Add(time.Hour),
	}}})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Error(err)
	}
}

func (w *world) startDaemon() {
	w.t.Helper()
	d, err := daemon.Start(w.ctx, w.config)
	w.must(err)
	w.s.Socket = d.Socket()
}

// tearDown ends everything, also after a test that failed in the middle.
func (w *world) tearDown() {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if w.node != nil {
		w.kill(w.node.Process.Pid)
		<-w.over
	}
	w.stopHelper()
	w.check(daemon.Stop(ctx, w.config))
	n, err := network.Open(netConfig())
	w.must(err)
	w.check(n.Remove(ctx))
}

func (w *world) addImage(name, from string) {
	w.t.Helper()
	to := filepath.Join(w.s.Data, "images", name)
	w.must(os.MkdirAll(filepath.Dir(to), 0o755))
	if out, err := exec.CommandContext(w.ctx, "qemu-img", "convert", "-O", "qcow2", "--", from, to).CombinedOutput(); err != nil {
		w.t.Fatalf("needs make tiny: %v: %s", err, out)
	}
	w.must(os.Chmod(to, 0o444))
}

// say replaces the chain's state.
func (w *world) say(said word) {
	w.t.Helper()
	w.said = said
	text, err := json.Marshal(said)
	w.must(err)
	w.must(os.WriteFile(w.s.Ledger+".new", text, 0o644)) // the node may run as another user
	w.must(os.Rename(w.s.Ledger+".new", w.s.Ledger))
}

func (w *world) end(refunded bool) {
	w.t.Helper()
	w.say(word{Over: map[uint64]journal.Over{1: {At: time.Now(), Refunded: refunded, Reason: notice.New(notice.RentalEnded)}}})
}

// start runs a node that dies at the given moment, or never.
func (w *world) start(kill string) {
	w.t.Helper()
	s := w.s
	s.Kill = kill
	text, err := json.Marshal(s)
	w.must(err)
	// It outlives the test's context: tearDown ends it.
	w.node = exec.Command("setpriv", w.rights()...)
	w.node.Env = append(os.Environ(), nodeEnv+"="+string(text))
	var log strings.Builder
	w.node.Stderr = &log
	out, err := w.node.StdoutPipe()
	w.must(err)
	w.must(w.node.Start())
	w.mu.Lock()
	w.last = report{}
	w.mu.Unlock()
	w.over = make(chan struct{})
	node, over := w.node, w.over
	go func() {
		defer close(over)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var r report
			if json.Unmarshal(lines.Bytes(), &r) == nil {
				w.mu.Lock()
				w.last = r
				w.mu.Unlock()
			}
		}
		_ = node.Wait()
	}()
	w.t.Cleanup(func() {
		if w.t.Failed() {
			_ = node.Process.Kill() // so that the log is complete
			<-over
			w.t.Logf("node (%s): %s", kill, log.String())
		}
	})
}

func (w *world) report() report {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// dies waits until the node has killed itself.
func (w *world) dies() {
	w.t.Helper()
	select {
	case <-w.over:
	case <-w.ctx.Done():
		w.t.Fatal("the node did not come to its end")
	}
	status, ok := w.node.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() != syscall.SIGKILL {
		w.t.Fatalf("the node ended with %v, want SIGKILL; it said %+v", w.node.ProcessState, w.report())
	}
	w.node = nil
}

func (w *world) kill(pid int) {
	w.t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		w.t.Error(err)
	}
}

// killNode kills the node from outside with kill -9.
func (w *world) killNode() {
	w.t.Helper()
	w.kill(w.node.Process.Pid)
	w.dies()
}

// killPID kills the process named in a pid file.
func (w *world) killPID(file string) {
	w.t.Helper()
	text, err := os.ReadFile(file)
	w.must(err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	w.must(err)
	w.kill(pid)
}

func (w *world) waitFor(what string, done func() bool) {
	w.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-w.over:
			w.t.Fatalf("waiting for %s: the node ended and said %+v", what, w.report())
		case <-w.ctx.Done():
			w.t.Fatalf("waited for %s in vain; the node says %+v", what, w.report())
		}
	}
}

// becomes waits until the only task has the given state.
func (w *world) becomes(status lifecycle.State) journal.Task {
	w.t.Helper()
	var task journal.Task
	w.waitFor(string(status), func() bool {
		tasks := w.report().Tasks
		if len(tasks) == 1 {
			task = tasks[0]
		}
		return len(tasks) == 1 && task.Progress.State == status
	})
	return task
}

// asRented expects one running domain, with its address bound and its full
// reservation.
func (w *world) asRented() journal.Task {
	w.t.Helper()
	task := w.becomes(lifecycle.Running)
	r := task.Reserved
	if r.CPUs != 2 || r.MemoryMiB != 256 || r.DiskGiB != 10 || len(r.Ports) != 1 || !r.Addr.IsValid() {
		w.t.Errorf("reserved %+v", r)
	}
	list, err := w.driver.List(w.ctx)
	if err != nil || len(list) != 1 || list[0].State != vm.StateRunning || list[0].UUID != task.Identity.UUID {
		w.t.Errorf("domains %+v, %v", list, err)
	}
	if rules := w.rules(); !strings.Contains(rules, task.Network.Addr.String()) || !strings.Contains(rules, strconv.Itoa(port)) {
		w.t.Errorf("the guest's address or port is in no rule:\n%s", rules)
	}
	if _, err := netlink.LinkByName(task.Card().Tap); err != nil {
		w.t.Errorf("the guest's card: %v", err)
	}
	return task
}

func (w *world) rules() string {
	w.t.Helper()
	out, err := exec.CommandContext(w.ctx, "nft", "list", "ruleset").CombinedOutput()
	w.must(err)
	return string(out)
}

// gone expects that no domain, card or rule of a task is left.
func (w *world) gone(task journal.Task) {
	w.t.Helper()
	list, err := w.driver.List(w.ctx)
	if err != nil || len(list) != 0 {
		w.t.Errorf("domains %+v, %v", list, err)
	}
	if _, err := netlink.LinkByName(task.Card().Tap); !errors.As(err, new(netlink.LinkNotFoundError)) {
		w.t.Errorf("the guest's card is still there: %v", err)
	}
	rules := w.rules()
	for _, mark := range []string{task.Network.Addr.String(), task.Card().Tap, task.Card().MAC, fmt.Sprintf("tcp . %d", port)} {
		if strings.Contains(rules, mark) {
			w.t.Errorf("%s is still in a rule:\n%s", mark, rules)
		}
	}
}

// booted waits until the guest handles its power button. Its SSH server answers
// a little earlier.
func (w *world) booted(task journal.Task) {
	w.t.Helper()
	w.waitFor("the guest's last word of its boot", func() bool {
		text, err := os.ReadFile(w.console(task))
		return err == nil && strings.Contains(string(text), "tiny: ready")
	})
}

func (w *world) console(task journal.Task) string {
	return filepath.Join(w.s.Data, "tasks", task.ID, "console.log")
}

// closes ends the rental and waits until only the disk is left, intact.
func (w *world) closes(task journal.Task) {
	w.t.Helper()
	w.booted(task)
	w.end(false)
	w.isClosed()
}

func (w *world) isClosed() {
	w.t.Helper()
	task := w.becomes(lifecycle.Closed)
	if r := task.Reserved; r.DiskGiB != 10 || r.CPUs != 0 || len(r.Ports)+len(r.Slots) != 0 || task.Keep.Until.IsZero() {
		w.t.Errorf("kept until %s, reserved %+v", task.Keep.Until, r)
	}
	w.gone(task)
	w.check(image.Check(w.ctx, filepath.Join(w.s.Data, "tasks", task.ID, "system.qcow2")))
}

// wiped ends the rental with a refund and waits until nothing is left.
func (w *world) wiped(task journal.Task) {
	w.t.Helper()
	w.end(true)
	w.waitFor("the task to be gone", func() bool {
		r := w.report()
		return r.Tasks != nil && len(r.Tasks) == 0 || r.Tasks == nil && w.empty()
	})
	w.gone(task)
	if !w.empty() {
		w.t.Error("files of the task are left")
	}
}

func (w *world) empty() bool {
	left, err := os.ReadDir(filepath.Join(w.s.Data, "tasks"))
	return errors.Is(err, os.ErrNotExist) || (err == nil && len(left) == 0)
}
