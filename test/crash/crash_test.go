package crash

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
)

// TestNodeKilledInCreate kills a node at three moments of a create, after which
// the next start has to determine what exists.
func TestNodeKilledInCreate(t *testing.T) {
	for _, moment := range []string{inDisk, afterDef, afterStart} {
		t.Run(moment, func(t *testing.T) {
			w := newWorld(t)
			w.start(moment)
			w.dies()
			w.start("")
			w.wiped(w.asRented())
		})
	}
}

// TestNodeKilledAtTheEnd kills the node once the guest was asked to shut down;
// the next node finds it off and keeps its disk.
func TestNodeKilledAtTheEnd(t *testing.T) {
	w := newWorld(t)
	w.start(atShutdown)
	w.booted(w.asRented())
	w.end(false)
	w.dies()
	w.start("")
	w.isClosed()
}

// TestDaemonKilled verifies that the guest keeps running without libvirtd and
// the node, and that both find it again.
func TestDaemonKilled(t *testing.T) {
	w := newWorld(t)
	w.start("")
	task := w.asRented()
	before := w.pid(task)
	w.killPID(filepath.Join(w.config.Dir, "libvirtd.pid"))
	w.killNode()
	w.startDaemon()
	w.start("")
	w.asRented()
	if after := w.pid(task); after != before {
		t.Errorf("the guest is process %s, was %s", after, before)
	}
	w.closes(task)
}

// TestPowerLoss kills node, libvirtd and guest at once. The VM runs again, on
// the same disk.
func TestPowerLoss(t *testing.T) {
	w := newWorld(t)
	w.start("")
	task := w.asRented()
	before := w.pid(task)
	w.killPID(filepath.Join(w.config.Dir, "libvirtd.pid"))
	w.kill(w.node.Process.Pid)
	w.killPID(w.pidFile(task))
	w.dies()
	w.must(os.Truncate(w.console(task), 0)) // what it writes from here on is new
	w.startDaemon()
	w.start("")
	w.waitFor("the guest to run again", func() bool {
		// A new libvirtd says for a moment that the lost one runs.
		now, err := os.ReadFile(w.pidFile(task))
		if err != nil || strings.TrimSpace(string(now)) == before {
			return false
		}
		list, err := w.driver.List(w.ctx)
		return err == nil && len(list) == 1 && list[0].State == "running"
	})
	w.asRented()
	w.closes(task)
}

func (w *world) pidFile(task journal.Task) string {
	return filepath.Join(w.config.Dir, "run", "qemu", task.Domain+".pid")
}

func (w *world) pid(task journal.Task) string {
	w.t.Helper()
	text, err := os.ReadFile(w.pidFile(task))
	w.must(err)
	return strings.TrimSpace(string(text))
}

// TestChainAwayPastTheEnd verifies that a silent chain revokes nothing, and
// that the node acts when it answers again.
func TestChainAwayPastTheEnd(t *testing.T) {
	w := newWorld(t)
	w.start("")
	task := w.asRented()
	over := word{Silent: true, Over: map[uint64]journal.Over{1: {Refunded: true, Reason: notice.New(notice.RentalRefunded)}}}
	w.say(over)
	w.killNode()
	w.start("")
	w.asRented()
	over.Silent = false
	w.say(over)
	w.waitFor("the task to be gone", w.empty)
	w.waitFor("its domain to be gone", func() bool { list, err := w.driver.List(w.ctx); return err == nil && len(list) == 0 })
	w.gone(task)
}

// TestImageGone deletes the image between the request and the disk: the create
// fails with a reason, and nothing stays reserved.
func TestImageGone(t *testing.T) {
	w := newWorld(t)
	w.start(beforeDisk)
	w.dies()
	store := image.Open(filepath.Join(w.s.Data, "images"))
	w.must(store.Delete(w.ctx, "tiny.qcow2", filepath.Join(w.s.Data, "tasks")))
	w.start("")
	w.failed("no such image")
}

// failed expects that the create failed with a reason and released everything.
func (w *world) failed(why string) {
	w.t.Helper()
	task := w.becomes(lifecycle.CreateError)
	r := task.Reserved
	if !strings.Contains(task.Progress.Reason.String(), why) || r.CPUs != 0 || r.DiskGiB != 0 || len(r.Ports)+len(r.Slots) != 0 {
		w.t.Errorf("reason %q, reserved %+v", task.Progress.Reason, r)
	}
	w.gone(task)
	if !w.empty() {
		w.t.Error("files of the task are left")
	}
}

// TestFullDisk expects a refusal if the disk is known to be full, and a reason
// if it fills up after the request.
func TestFullDisk(t *testing.T) {
	w := newWorld(t)
	full := filepath.Join(w.s.Data, "tasks")
	w.must(os.MkdirAll(full, 0o711))
	w.must(syscall.Mount("tmpfs", full, "tmpfs", 0, "size=64k,mode=0711"))
	t.Cleanup(func() { w.check(syscall.Unmount(full, 0)) })
	w.must(os.WriteFile(filepath.Join(full, "filler"), make([]byte, 60<<10), 0o600))
	w.s.Room = 1000 // the space at the time of the request
	w.start("")
	task := w.becomes(lifecycle.CreateError)
	if !strings.Contains(strings.ToLower(task.Progress.Reason.String()), "no space left on device") {
		t.Errorf("the reason is %q", task.Progress.Reason)
	}
	w.gone(task)
	w.killNode()

	w.s.Room, w.s.Journal = 1, filepath.Join(w.dir, "second.db")
	w.refused("disk")
}

func (w *world) refused(why string) {
	w.t.Helper()
	w.start("")
	<-w.over
	if got := w.report(); !strings.Contains(got.Refused, why) {
		w.t.Errorf("the node says %+v", got)
	}
	w.node = nil
}

// TestTakenPort uses a port that a program on the computer already has.
func TestTakenPort(t *testing.T) {
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:15322")
	w.must(err)
	defer func() { _ = l.Close() }()
	w.refused("port")
}

// TestDeafGuest verifies that a guest that ignores its power button is stopped
// after a minute.
func TestDeafGuest(t *testing.T) {
	w := newWorld(t)
	w.must(os.WriteFile(filepath.Join(w.dir, "deaf.raw"), deaf(), 0o600))
	w.addImage("deaf.qcow2", filepath.Join(w.dir, "deaf.raw"))
	w.s.Image, w.s.Ready = "deaf.qcow2", true
	w.start(atShutdown)
	w.asRented()
	w.end(false)
	w.dies()
	w.start("")
	w.becomes(lifecycle.ShuttingDown)
	w.isClosed()
}

// deaf is a guest of one disk sector that waits for interrupts forever: sti;
// hlt; jmp -4.
func deaf() []byte {
	b := make([]byte, 1<<20)
	copy(b, []byte{0xfb, 0xf4, 0xeb, 0xfc})
	b[510], b[511] = 0x55, 0xaa
	return b
}
