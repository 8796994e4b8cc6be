package image

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	bootMax = 10 * time.Minute // Debian on a busy machine without KVM
	callMax = 30 * time.Second

	guestNet  = "10.77.0.0/24"
	guestAddr = "10.77.0.2"
	gateway   = "10.77.0.1"
	guestMAC  = "52:54:00:01:02:03"
)

// guest is a running QEMU.
type guest struct {
	ssh, agent, monitor string
	// console receives, once, what the guest wrote until it was ready or ended.
	console chan string
	ended   chan error
	closed  chan struct{}
	cut     context.CancelFunc
}

// kind is an image with its requirements.
type kind struct {
	name, memoryMiB string
	// ready is part of the line on its console that says that it is ready.
	ready string
	// uefi selects OVMF as the firmware instead of a BIOS.
	uefi bool
}

var (
	tiny   = kind{name: "tiny", memoryMiB: "256", ready: "tiny: ready"}
	debian = kind{name: "debian-12", memoryMiB: "1024", ready: " finished at "}
)

// boot returns when the guest reports on its console that it is ready.
func boot(t *testing.T, of kind, disk, seed string, more ...string) *guest {
	t.Helper()
	g := start(t, of, disk, seed, more...)
	select {
	case lines := <-g.console:
		t.Logf("console: %s", lines)
		if !strings.Contains(lines, of.ready) {
			t.Fatalf("QEMU ended early: %v", <-g.ended)
		}
	case <-time.After(bootMax):
		g.cut()
		t.Fatalf("the guest did not become ready; its console: %s", <-g.console)
	}
	return g
}

// start gives the guest the same devices as the node's driver, and additional
// raw disks to read.
func start(t *testing.T, of kind, disk, seed string, more ...string) *guest {
	t.Helper()
	dir := t.TempDir()
	g := &guest{
		ssh: freePort(t), agent: filepath.Join(dir, "agent"), monitor: filepath.Join(dir, "monitor"),
		console: make(chan string, 1), ended: make(chan error, 1), closed: make(chan struct{}),
	}
	args := firmware(t, of, dir)
	for i, path := range more {
		id := fmt.Sprintf("more%d", i)
		args = append(args, "-drive", "if=none,id="+id+",format=raw,readonly=on,file="+path, "-device", "virtio-blk-pci,drive="+id)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.cut = cancel
	cmd := exec.CommandContext(ctx, "qemu-system-x86_64", append(args, "-accel", "tcg", "-machine", "q35", "-cpu", "max", "-smp", "2", "-m", of.memoryMiB,
		"-nodefaults", "-display", "none", "-vga", "std", "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
		"-drive", "if=none,id=root,format=qcow2,file="+disk, "-device", "virtio-blk-pci,drive=root,bootindex=1",
		"-drive", "if=none,id=seed,format=raw,readonly=on,file="+seed, "-device", "virtio-blk-pci,drive=seed",
		"-netdev", "user,id=net,restrict=on,net="+guestNet+",host="+gateway+",hostfwd=tcp:"+g.ssh+"-"+guestAddr+":22",
		"-device", "virtio-net-pci,netdev=net,mac="+guestMAC, "-device", "virtio-rng-pci",
		"-device", "virtio-serial-pci", "-chardev", "socket,id=agent,server=on,wait=off,path="+g.agent,
		"-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0", "-qmp", "unix:"+g.monitor+",server=on,wait=off")...)
	console, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatalf("start QEMU (these tests need qemu-system-x86_64): %v", err)
	}
	go func() {
		g.console <- waitReady(console, of.ready)
		_, _ = io.Copy(io.Discard, console)
		err := cmd.Wait()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, &complaints)
		}
		g.ended <- err
		close(g.closed)
	}()
	t.Cleanup(func() { g.cut(); g.wait() })
	return g
}

// firmware returns the arguments for OVMF without Secure Boot and with
// variables of the guest's own. A BIOS needs none.
func firmware(t *testing.T, of kind, dir string) []string {
	t.Helper()
	if !of.uefi {
		return nil
	}
	const ovmf = "/usr/share/OVMF/"
	variables, err := os.ReadFile(ovmf + "OVMF_VARS_4M.fd")
	if err != nil {
		t.Fatalf("these tests need OVMF: %v", err)
	}
	own := filepath.Join(dir, "variables")
	if err := os.WriteFile(own, variables, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{
		"-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" + ovmf + "OVMF_CODE_4M.fd",
		"-drive", "if=pflash,unit=1,format=raw,file=" + own,
	}
}

func waitReady(console io.Reader, ready string) string {
	var seen strings.Builder
	lines := bufio.NewScanner(console)
	for lines.Scan() {
		fmt.Fprintf(&seen, "%q\n", lines.Text())
		if strings.Contains(lines.Text(), ready) {
			break
		}
	}
	return seen.String()
}

// wait returns when QEMU has ended. Its error was received by the first caller.
func (g *guest) wait() { <-g.closed }

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// dial logs in. The host key must be the pinned one.
func (g *guest) dial(pinned ssh.PublicKey, user string, auth ssh.AuthMethod) (*ssh.Client, error) {
	return ssh.Dial("tcp", g.ssh, &ssh.ClientConfig{
		User: user, Auth: []ssh.AuthMethod{auth}, Timeout: callMax,
		HostKeyCallback: ssh.FixedHostKey(pinned), HostKeyAlgorithms: []string{ssh.KeyAlgoED25519},
	})
}

func command(t *testing.T, c *ssh.Client, line string) string {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	out, err := s.CombinedOutput(line)
	if err != nil {
		t.Fatalf("%s: %v: %s", line, err, out)
	}
	return strings.TrimSpace(string(out))
}

// shell types lines into a terminal, like a renter.
func shell(t *testing.T, c *ssh.Client, lines string) string {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var out bytes.Buffer
	s.Stdout = &out
	// Closing it before the shell ends would hang up the terminal.
	keys, err := s.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.RequestPty("xterm", 24, 80, ssh.TerminalModes{}), s.Shell()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(keys, lines); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err != nil {
		t.Fatalf("shell: %v: %s", err, &out)
	}
	return out.String()
}

// call sends one command as JSON over a unix socket and returns its "return".
// greeting is for QEMU's monitor, which speaks first and requires negotiation
// of capabilities.
func call(t *testing.T, socket string, greeting bool, request string) string {
	t.Helper()
	conn, err := net.DialTimeout("unix", socket, callMax)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(callMax)); err != nil {
		t.Fatal(err)
	}
	replies := json.NewDecoder(conn)
	requests := []string{request}
	if greeting {
		var hello json.RawMessage
		if err := replies.Decode(&hello); err != nil {
			t.Fatal(err)
		}
		requests = []string{`{"execute":"qmp_capabilities"}`, request}
	}
	var reply struct {
		Return json.RawMessage `json:"return"`
		Error  json.RawMessage `json:"error"`
	}
	for _, r := range requests {
		if _, err := io.WriteString(conn, r+"\n"); err != nil {
			t.Fatal(err)
		}
		reply.Return = nil
		for reply.Return == nil && reply.Error == nil { // skip events
			if err := replies.Decode(&reply); err != nil {
				t.Fatalf("%s: %v", r, err)
			}
		}
	}
	if reply.Error != nil {
		t.Fatalf("%s: %s", request, reply.Error)
	}
	return string(reply.Return)
}

// powerDown presses the button and waits until QEMU ends by itself.
func (g *guest) powerDown(t *testing.T) {
	t.Helper()
	began := time.Now()
	call(t, g.monitor, true, `{"execute":"system_powerdown"}`)
	select {
	case err := <-g.ended:
		if err != nil {
			t.Fatalf("QEMU: %v", err)
		}
		t.Logf("off %v after the button", time.Since(began).Round(time.Millisecond))
	case <-time.After(callMax):
		t.Fatal("the power button does nothing")
	}
}

// images returns the folder with the image, which is built if it is missing or
// outdated.
func images(t *testing.T, of kind) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "build", "images"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", "github.com/dbc-network/dbc/image/build/program", "-out", dir, of.name)
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the image: %v: %s", err, out)
	}
	return dir
}
