package crash

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/node/compute/journal"
)

// nobody is an unprivileged user other than QEMU's.
const nobody = 65534

// privileged are exactly the rights of deploy's dbc-mining.service and
// dbc-helper.service.
var privileged = []string{"--bounding-set=-all,+net_admin,+chown,+dac_override,+fowner", "--no-new-privs"}

// rights returns the arguments of setpriv that run the node.
func (w *world) rights() []string {
	w.t.Helper()
	if w.s.Helper != "" {
		user := strconv.Itoa(nobody)
		return []string{"--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", w.program}
	}
	program, err := os.Executable()
	w.must(err)
	return append(privileged[:2:2], program)
}

// split makes the node run as two processes.
func (w *world) split() {
	w.t.Helper()
	w.s.Helper, w.s.UID = filepath.Join(w.dir, "helper.sock"), nobody
	w.s.Journal = filepath.Join(w.dir, "node", "journal.db")
	w.must(os.Mkdir(filepath.Dir(w.s.Journal), 0o700))
	w.must(os.Chown(filepath.Dir(w.s.Journal), nobody, nobody))
	// The unprivileged user may be unable to enter this program's own folder.
	w.program = filepath.Join(w.dir, "node.test")
	self, err := os.Open("/proc/self/exe")
	w.must(err)
	defer func() { _ = self.Close() }()
	copied, err := os.OpenFile(w.program, os.O_CREATE|os.O_WRONLY, 0o755)
	w.must(err)
	_, err = io.Copy(copied, self)
	w.must(err)
	w.must(copied.Close())
}

// startHelper runs a helper that dies at the given moment, or never.
func (w *world) startHelper(kill string) {
	w.t.Helper()
	s := w.s
	s.Kill, s.Serve = kill, true
	text, err := json.Marshal(s)
	w.must(err)
	w.helper = exec.Command("setpriv", append(privileged[:2:2], w.program)...)
	w.helper.Env = append(os.Environ(), nodeEnv+"="+string(text))
	var log strings.Builder
	w.helper.Stderr = &log
	w.must(w.helper.Start())
	helper := w.helper
	w.t.Cleanup(func() {
		if w.t.Failed() && helper.ProcessState != nil {
			w.t.Logf("helper (%s): %s", kill, log.String())
		}
	})
}

// helperDies waits until the helper has killed itself or was killed.
func (w *world) helperDies() {
	w.t.Helper()
	_ = w.helper.Wait() // its state says how it ended
	status, ok := w.helper.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || status.Signal() != syscall.SIGKILL {
		w.t.Fatalf("the helper ended with %v, want SIGKILL", w.helper.ProcessState)
	}
	w.helper = nil
}

func (w *world) stopHelper() {
	if w.helper != nil {
		w.kill(w.helper.Process.Pid)
		w.helperDies()
	}
}

// TestTwoProcesses: a node without any privileges rents out a real guest and
// wipes it, although its helper dies in the middle of the create, and again
// afterwards.
func TestTwoProcesses(t *testing.T) {
	w := newWorld(t)
	w.split()
	w.startHelper(afterDef)
	w.start("")
	w.helperDies()
	w.startHelper("")
	task := w.asRented()
	w.unprivileged()
	w.logIn(task)

	guest, node := w.pid(task), w.node.Process.Pid
	w.stopHelper()
	w.logIn(task)
	w.startHelper("")
	w.asRented()
	if w.node.Process.Pid != node || w.pid(task) != guest {
		t.Error("node or guest did not outlive the helper")
	}
	w.wiped(task)
}

// unprivileged verifies that the node's process has no capability, cannot get
// any, and can access nothing that belongs to its helper.
func (w *world) unprivileged() {
	w.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.node.Process.Pid))
	w.must(err)
	status := map[string]string{}
	for line := range strings.SplitSeq(string(text), "\n") {
		name, value, _ := strings.Cut(line, ":")
		status[name] = strings.Join(strings.Fields(value), " ")
	}
	user := strconv.Itoa(nobody)
	want := map[string]string{"Uid": strings.Join([]string{user, user, user, user}, " "), "Groups": "", "NoNewPrivs": "1"}
	for _, set := range []string{"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"} {
		want[set] = "0000000000000000"
	}
	for name, value := range want {
		if status[name] != value {
			w.t.Errorf("the node's %s is %q, want %q", name, status[name], value)
		}
	}
	if got := w.report().Reached; len(got) != 0 {
		w.t.Errorf("the node reached %q", got)
	}
}

// logIn runs a command in the guest, with the password and host key that the
// node generated.
func (w *world) logIn(task journal.Task) {
	w.t.Helper()
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(task.Identity.HostKeyPublic))
	w.must(err)
	config := &ssh.ClientConfig{
		User: task.Login.User, Auth: []ssh.AuthMethod{ssh.Password(string(task.Login.Password))},
		HostKeyCallback: ssh.FixedHostKey(key), HostKeyAlgorithms: []string{key.Type()},
	}
	guest, err := ssh.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), config)
	w.must(err)
	defer func() { _ = guest.Close() }()
	session, err := guest.NewSession()
	w.must(err)
	if out, err := session.Output("echo here"); err != nil || strings.TrimSpace(string(out)) != "here" {
		w.t.Errorf("the guest says %q, %v", out, err)
	}
}
