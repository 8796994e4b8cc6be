package vm_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
)

// inhabited is a guest that a test can log in to.
type inhabited struct {
	spec vm.Spec
	ssh  *ssh.Client
}

// rootOf is where the tiny image's root starts, in bytes.
const rootOf = 2 << 20

// probed returns the tiny image with the probe in it, setuid root: like a
// renter, the guest's user has root in the guest.
func probed(t *testing.T, dir string) string {
	t.Helper()
	program := filepath.Join(dir, "probe")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-o", program, "./probe")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the probe: %v: %s", err, out)
	}
	raw, image := filepath.Join(dir, "raw"), filepath.Join(dir, "probed.qcow2")
	qemuImg(t, "convert", "-f", "qcow2", "-O", "raw", tiny, raw)
	commands := filepath.Join(dir, "commands")
	text := fmt.Sprintf("write %s /bin/probe\nset_inode_field /bin/probe mode 0104755\nset_inode_field /bin/probe uid 0\nset_inode_field /bin/probe gid 0\n", program)
	if err := os.WriteFile(commands, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	edit := exec.CommandContext(t.Context(), "debugfs", "-w", "-f", commands, fmt.Sprintf("%s?offset=%d", raw, rootOf))
	if out, err := edit.CombinedOutput(); err != nil || strings.Contains(string(out), "rror") {
		t.Fatalf("debugfs: %v: %s", err, out)
	}
	qemuImg(t, "convert", "-f", "raw", "-O", "qcow2", raw, image)
	if err := errors.Join(os.Remove(raw), os.Chmod(image, 0o444)); err != nil {
		t.Fatal(err)
	}
	return image
}

// plain returns the tiny image where the emulator's user may read it. It needs
// `make tiny`.
func plain(t *testing.T, dir string) string {
	t.Helper()
	image := filepath.Join(dir, "tiny.qcow2")
	qemuImg(t, "convert", "-f", "qcow2", "-O", "qcow2", tiny, image)
	if err := os.Chmod(image, 0o444); err != nil {
		t.Fatal(err)
	}
	return image
}

// renter returns the key that logs in to guests.
func renter(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// settle prepares a guest with an image, whose user dbc logs in with signer.
func settle(t *testing.T, dir, image, name string, addr netip.Addr, signer ssh.Signer) vm.Spec {
	t.Helper()
	spec := specIn(dir)(t, name)
	spec.NIC.Addr = addr
	own := filepath.Join(dir, name)
	qemuImg(t, "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image, filepath.Join(own, "disk.qcow2"), "2G")
	key, _, err := seed.NewHostKey()
	if err == nil {
		err = os.Chmod(filepath.Join(own, "disk.qcow2"), 0o600) // as image.Overlay sets it
	}
	if err != nil {
		t.Fatal(err)
	}
	err = seed.Write(t.Context(), filepath.Join(own, "seed.iso"), seed.Data{
		InstanceID: string(spec.UUID), Hostname: name, User: "dbc", HostKey: key,
		AuthorizedKeys: []string{strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))},
		MAC:            spec.NIC.MAC, Addr: netip.PrefixFrom(addr, guestNet.Bits()), Gateway: netip.MustParseAddr("10.97.0.1"),
		Resolvers: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
	})
	if err != nil {
		t.Fatal(err)
	}
	spec.MemoryMiB = 256
	spec.Disks = []vm.Disk{
		{Path: filepath.Join(own, "disk.qcow2"), Format: "qcow2", Backing: image, Target: "vda"},
		{Path: filepath.Join(own, "seed.iso"), Format: "raw", Target: "vdb", ReadOnly: true},
	}
	return spec
}

// define settles a guest and starts it.
func define(t *testing.T, driver *libvirt.Driver, dir, image, name string, addr netip.Addr, signer ssh.Signer) vm.Spec {
	t.Helper()
	spec := settle(t, dir, image, name, addr, signer)
	if err := errors.Join(driver.Define(t.Context(), spec), driver.Start(t.Context(), spec.UUID)); err != nil {
		t.Fatal(err)
	}
	return spec
}

// publish publishes the guest's SSH server and nothing else.
func publish(t *testing.T, n *network.Network, spec vm.Spec, port uint16) {
	t.Helper()
	err := n.Apply(t.Context(), []network.Binding{{
		Tap: spec.NIC.Tap, MAC: spec.NIC.MAC, Addr: spec.NIC.Addr,
		Ports: []network.Port{{Protocol: "tcp", Host: port, Guest: 22}},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func login(t *testing.T, spec vm.Spec, host string, port int, signer ssh.Signer) *inhabited {
	t.Helper()
	var client *ssh.Client
	eventually(t, "the login", func() (in bool) {
		var err error
		client, err = tryLogin(fmt.Sprintf("%s:%d", host, port), signer)
		return err == nil
	})
	t.Cleanup(func() { _ = client.Close() })
	return &inhabited{spec, client}
}

// tryLogin aborts a handshake that the booting guest does not complete.
func tryLogin(address string, signer ssh.Signer) (*ssh.Client, error) {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	c, channels, requests, err := ssh.NewClientConn(conn, address, &ssh.ClientConfig{
		User: "dbc", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyAlgorithms: []string{ssh.KeyAlgoED25519}, // the one in the seed
		HostKeyCallback:   ssh.InsecureIgnoreHostKey(),  //nolint:gosec // whose key it is, other tests ask
	})
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return ssh.NewClient(c, channels, requests), nil
}

// run runs a command in the guest and returns its output, which is part of the
// error too.
func (g *inhabited) run(line string) (string, error) {
	s, err := g.ssh.NewSession()
	if err != nil {
		return "", err
	}
	defer func() { _ = s.Close() }()
	out, err := s.CombinedOutput(line)
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", line, err, bytes.TrimSpace(out))
	}
	return strings.TrimSpace(string(out)), nil
}

func (g *inhabited) must(t *testing.T, line string) string {
	t.Helper()
	out, err := g.run(line)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// asRoot runs a line as the guest's root, in one shell.
func (g *inhabited) asRoot(t *testing.T, line string) string {
	t.Helper()
	return g.must(t, "/bin/probe root /bin/sh -c '"+line+"'")
}

// answered returns the addresses that answer the guest, all asked at once.
func (g *inhabited) answered(t *testing.T, protocol, from string, addresses ...string) []string {
	t.Helper()
	return strings.Fields(g.must(t, strings.Join(append([]string{"/bin/probe ask", protocol, from}, addresses...), " ")))
}

// serve starts the probe as a server in the guest, for as long as the guest
// runs.
func (g *inhabited) serve(t *testing.T, protocol string, port int) {
	t.Helper()
	g.must(t, fmt.Sprintf("(/bin/probe serve %s :%d >/dev/null 2>&1 </dev/null &)", protocol, port))
}
