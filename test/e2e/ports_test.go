package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
)

// service is a server in a guest that echoes.
type service struct {
	protocol       string
	outside, guest int
}

// custom returns the ports for create's custom_port, in each of its forms.
func (g *guest) custom() (wish []string, services []service) {
	p := g.port + 10
	wish = []string{
		fmt.Sprintf("tcp,%d:8080", p), fmt.Sprintf("udp,%d:5353", p),
		fmt.Sprintf("tcp,%d-%d:9001-9002", p+1, p+2), fmt.Sprintf("udp,%d-%d:9001-9002", p+1, p+2),
		fmt.Sprintf("tcp,%d", p+3), fmt.Sprintf("udp,%d-%d", p+3, p+4),
	}
	return wish, []service{
		{"tcp", p, 8080},
		{"udp", p, 5353},
		{"tcp", p + 1, 9001},
		{"tcp", p + 2, 9002},
		{"udp", p + 1, 9001},
		{"udp", p + 2, 9002},
		{"tcp", p + 3, p + 3},
		{"udp", p + 3, p + 3},
		{"udp", p + 4, p + 4},
	}
}

// unpublished returns a service in the guest without a published port; udp's
// number is published, but only for udp.
func (g *guest) unpublished() []service {
	return []service{{"tcp", g.port + 14, g.port + 14}, {"udp", g.port + 15, g.port + 15}}
}

// create creates the VM through the API, with custom ports.
func (g *guest) create(rentID uint64) {
	g.t.Helper()
	key, err := os.ReadFile(g.public)
	g.must(err)
	wish, _ := g.custom()
	task, err := g.node().CreateTask(g.ctx, api.Create{
		RentOrder: api.Text(strconv.FormatUint(rentID, 10)), ImageName: "tiny.qcow2", SSHPort: api.Text(strconv.Itoa(g.port)),
		CustomPort: wish, SSHPublicKeys: []string{strings.TrimSpace(string(key))},
	})
	g.must(err)
	g.task = task.TaskID
	_, err = g.node().WaitTask(g.ctx, g.task, client.StatusRunning, nil)
	g.must(err)
}

// published starts services in the guest and connects to them from outside, at
// each published port and at two that are not.
func (g *guest) published() {
	g.t.Helper()
	_, services := g.custom()
	hidden := g.unpublished()
	g.upload()
	var serve strings.Builder
	for _, s := range append(services, hidden...) {
		fmt.Fprintf(&serve, "./probe serve %s :%d </dev/null >/dev/null 2>&1 & ", s.protocol, s.guest)
	}
	g.ssh(serve.String() + "true")
	for _, s := range services {
		g.waitFor(fmt.Sprintf("%s %d leads to the guest's %d", s.protocol, s.outside, s.guest), func() bool { return s.ask() == nil })
	}
	own := g.ssh("ip -4 -o addr show dev eth0 | sed 's/.*inet //; s,/.*,,'")
	for _, s := range hidden {
		g.waitFor(fmt.Sprintf("the guest's %s %d answers inside", s.protocol, s.guest), func() bool {
			return strings.Contains(g.ssh(fmt.Sprintf("./probe ask %s - %s:%d", s.protocol, own, s.guest)), own)
		})
		if err := s.ask(); !errors.Is(err, syscall.ECONNREFUSED) {
			g.t.Errorf("%s %d, which is not published: %v, want a refusal", s.protocol, s.outside, err)
		}
	}
}

// upload copies test/vm's probe into the guest's home.
func (g *guest) upload() {
	g.t.Helper()
	program := filepath.Join(g.t.TempDir(), "probe")
	build := exec.CommandContext(g.ctx, "go", "build", "-trimpath", "-buildvcs=false", "-o", program, "../vm/probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		g.t.Fatalf("build the probe: %v: %s", err, out)
	}
	file, err := os.Open(program)
	g.must(err)
	defer func() { _ = file.Close() }()
	cmd := exec.CommandContext(g.ctx, filepath.Join(programs, "dbc"), "ssh", g.task, "-i", g.key, "--wallet", "alice", "--",
		"cat >probe && chmod +x probe")
	cmd.Env, cmd.Stdin = append(os.Environ(), "DBC_HOME="+g.home), file
	if out, err := cmd.CombinedOutput(); err != nil {
		g.t.Fatalf("bring the probe into the guest: %v: %s", err, out)
	}
}

// ask sends a word to the published port and expects it back.
func (s service) ask() error {
	conn, err := net.Dial(s.protocol, net.JoinHostPort("127.0.0.1", strconv.Itoa(s.outside)))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	// A datagram may be lost; waitFor retries.
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	word := fmt.Sprintf("%s to %d", s.protocol, s.guest)
	if _, err := conn.Write([]byte(word)); err != nil {
		return err
	}
	buf := make([]byte, 64)
	n, err := conn.Read(buf)
	if err != nil {
		return err
	}
	if string(buf[:n]) != word {
		return fmt.Errorf("answered %q", buf[:n])
	}
	return nil
}
