package gpu

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	repository = "../.."
	// patience ends a wait that leads nowhere; nothing is measured by it.
	patience = 8 * time.Minute
)

// computer is an emulated one.
type computer struct {
	t     *testing.T
	chain *chain
	// machine is its id on the chain.
	machine string
	dir     string
	parts   parts
	ended   chan struct{}
	kill    func()
	conn    net.Conn
	// started gets a value when the computer has started.
	started chan struct{}

	mu      sync.Mutex
	next    int
	waiting map[int]chan reply
}

// reply is what inside says that became of a script.
type reply struct {
	ID   int
	Out  string
	Err  string
	Code int
}

// start returns an emulated computer on which all runs that starts with it.
func start(t *testing.T) *computer {
	t.Helper()
	// Not t.TempDir: the path of a unix socket is short.
	dir, err := os.MkdirTemp("", "dbc-gpu") //nolint:usetesting // see above
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &computer{t: t, dir: dir, chain: startChain(t)}
	began := time.Now()
	c.parts = assemble(t, dir, c.chain.home(operator))
	t.Logf("assembled within %v", time.Since(began).Round(time.Second))
	t.Cleanup(func() {
		if t.Failed() {
			said, _ := c.try("journalctl -b -o short-precise -u 'dbc-*' | tail -n 60")
			t.Logf("the computer's journal: %s", said)
		}
		c.kill()
		<-c.ended
		if t.Failed() {
			for _, name := range []string{"qemu", "console"} {
				text, _ := os.ReadFile(filepath.Join(dir, name))
				t.Logf("%s: %s", name, text[max(0, len(text)-4000):])
			}
		}
	})
	c.turnOn()
	return c
}

// arguments are QEMU's. A computer that starts again ends: it is begun anew, for
// after a reset QEMU runs what it translates much slower.
func (c *computer) arguments() []string {
	args := []string{
		"-machine", "q35,accel=tcg,kernel-irqchip=split", "-cpu", "max,la57=off,svm=off,xlevel=0x80000008", "-smp", "3", "-m", "3G",
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-object", "memory-backend-ram,id=m0,size=2G", "-object", "memory-backend-ram,id=m1,size=1G",
		"-numa", "node,memdev=m0,cpus=0-1", "-numa", "node,memdev=m1,cpus=2",
		"-device", "intel-iommu,intremap=on,caching-mode=on,aw-bits=48",
		"-drive", "if=none,id=root,format=raw,cache=unsafe,file=" + c.parts.disk, "-device", "nvme,drive=root,serial=root,bus=pcie.0,addr=2.0",
		"-serial", "file:" + filepath.Join(c.dir, "console"), "-serial", "unix:" + filepath.Join(c.dir, "line") + ",server=on,wait=off",
		"-netdev", "user,id=net,net=203.0.113.0/24,host=" + gateway + ",dhcpstart=" + address + ",hostfwd=tcp:" + address + ":" + nodePort + "-" + address + ":" + nodePort,
		"-device", "virtio-net-pci,netdev=net,bus=pcie.0,addr=c.0,romfile=",
		"-kernel", c.parts.kernel, "-initrd", c.parts.initrd,
		"-append", "console=ttyS0 quiet panic=-1 tsc=reliable no_timer_check nosoftlockup rcupdate.rcu_cpu_stall_suppress=1 apparmor=0 selinux=0 intel_iommu=on net.ifnames=0",
	}
	for _, c := range board {
		for _, device := range c.args {
			args = append(args, "-device", device)
		}
	}
	return args
}

// turnOn starts the computer and waits for what starts with it.
func (c *computer) turnOn() {
	c.t.Helper()
	began := time.Now()
	cmd := exec.Command("qemu-system-x86_64", c.arguments()...)
	said, err := os.Create(filepath.Join(c.dir, "qemu"))
	must(c.t, err)
	defer func() { _ = said.Close() }()
	cmd.Stdout, cmd.Stderr = said, said
	must(c.t, c.chain.outside.Do(cmd.Start))
	ended := make(chan struct{})
	c.ended, c.kill = ended, func() { _ = cmd.Process.Kill() }
	c.started, c.waiting = make(chan struct{}, 1), map[int]chan reply{}
	go func() { _ = cmd.Wait(); close(ended) }()
	until(c.t, "the serial line", func() bool {
		c.conn, err = net.Dial("unix", filepath.Join(c.dir, "line"))
		select {
		case <-ended:
			c.t.Fatal("QEMU has ended")
		default:
		}
		return err == nil
	})
	go c.listen(c.conn, c.started)
	select {
	case <-c.started:
	case <-ended:
		c.t.Fatal("QEMU has ended")
	case <-time.After(patience):
		c.t.Fatal("the computer does not start")
	}
	if state := c.run("systemctl is-system-running --wait || systemctl --failed"); state != "running" {
		c.t.Errorf("the computer is %s", state)
	}
	c.run("until ip address add " + address + "/24 dev eth0; do sleep 0.1; done; ip link set eth0 up; ip route add default via " + gateway)
	c.t.Logf("started within %v", time.Since(began).Round(time.Second))
}

// reboot starts the computer again, by its own means.
func (c *computer) reboot() {
	c.t.Helper()
	c.run("systemctl reboot")
	select {
	case <-c.ended:
	case <-time.After(patience):
		c.t.Fatal("the computer does not end")
	}
	_ = c.conn.Close()
	c.turnOn()
}

// listen hands the replies out until the line ends.
func (c *computer) listen(conn net.Conn, started chan<- struct{}) {
	for lines := bufio.NewReader(conn); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var r reply
		if json.Unmarshal(line, &r) != nil {
			continue
		}
		if r.ID == 0 {
			started <- struct{}{}
			continue
		}
		c.mu.Lock()
		to := c.waiting[r.ID]
		delete(c.waiting, r.ID)
		c.mu.Unlock()
		if to != nil {
			to <- r
		}
	}
}

// try runs a script on the computer, as root.
func (c *computer) try(script string) (string, error) {
	c.t.Helper()
	to := make(chan reply, 1)
	c.mu.Lock()
	c.next++
	id := c.next
	c.waiting[id] = to
	c.mu.Unlock()
	text, err := json.Marshal(map[string]any{"ID": id, "Script": script})
	must(c.t, err)
	_, err = c.conn.Write(text)
	must(c.t, err)
	select {
	case r := <-to:
		if r.Code != 0 {
			return r.Out, fmt.Errorf("%s: ended with %d: %s%s", script, r.Code, r.Out, r.Err)
		}
		return strings.TrimSpace(r.Out), nil
	case <-c.ended:
		return "", fmt.Errorf("%s: the computer has ended", script)
	case <-time.After(patience):
		return "", fmt.Errorf("%s: no answer", script)
	}
}

func (c *computer) run(script string) string {
	c.t.Helper()
	out, err := c.try(script)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// ask runs a command that prints JSON.
func (c *computer) ask(reply any, script string) {
	c.t.Helper()
	if out := c.run(script); json.Unmarshal([]byte(out), reply) != nil {
		c.t.Fatalf("%s: %s", script, out)
	}
}

// until asks again and again: not everything tells when it is done.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	untilEvery(t, 100*time.Millisecond, what, done)
}

// untilEvery asks less often, where the question takes long itself.
func untilEvery(t *testing.T, pause time.Duration, what string, done func() bool) {
	t.Helper()
	again := time.NewTicker(pause)
	defer again.Stop()
	for end := time.Now().Add(patience); !done(); <-again.C {
		if time.Now().After(end) {
			t.Fatalf("%s: in vain", what)
		}
	}
}
