package image

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/seed"
)

const (
	password = "a pass:word with 'marks'"
	diskSize = 3 << 30
)

// renter has the login credentials of a test, and the seed that permits them.
type renter struct {
	data   seed.Data
	pinned ssh.PublicKey
	signer ssh.Signer
}

func newRenter(t *testing.T) renter {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	host, line, err := seed.NewHostKey()
	if err != nil {
		t.Fatal(err)
	}
	pinned, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	mac, _ := net.ParseMAC(guestMAC)
	return renter{pinned: pinned, signer: signer, data: seed.Data{
		InstanceID: "rent-7-task-1", Hostname: "rent-7", User: "dbc",
		AuthorizedKeys: []string{string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(signer.PublicKey())))},
		HostKey:        host,
		MAC:            mac, Addr: netip.MustParsePrefix(guestAddr + "/24"), Gateway: netip.MustParseAddr(gateway),
		Resolvers: []netip.Addr{netip.MustParseAddr("1.1.1.1"), netip.MustParseAddr("9.9.9.9")},
	}}
}

func (r renter) login(t *testing.T, g *guest) *ssh.Client {
	t.Helper()
	c, err := g.dial(r.pinned, "dbc", ssh.PublicKeys(r.signer))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// newDisk returns an overlay on the image, and the image.
func newDisk(t *testing.T, of kind) (disk string, base image.Image) {
	t.Helper()
	base, err := image.Open(images(t, of)).Find(t.Context(), of.name+".qcow2")
	if err != nil {
		t.Fatal(err)
	}
	disk = filepath.Join(t.TempDir(), "disk.qcow2")
	if err := image.Overlay(t.Context(), base, disk, diskSize); err != nil {
		t.Fatal(err)
	}
	return disk, base
}

func writeSeed(t *testing.T, d seed.Data) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seed.iso")
	if err := seed.Write(t.Context(), path, d); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestKeys boots a guest with keys alone, twice.
func TestKeys(t *testing.T) {
	disk, base := newDisk(t, tiny)
	before := digest(t, base.Path)
	r := newRenter(t)
	seeded := writeSeed(t, r.data)

	g := boot(t, tiny, disk, seeded)
	c := r.login(t, g)
	for line, want := range map[string]string{
		"id -un":   "dbc",
		"hostname": "rent-7",
		"ip -4 -o addr show scope global | awk '{print $4}'":           guestAddr + "/24",
		"ip route | grep ^default | cut -d' ' -f1-3":                   "default via " + gateway,
		"cat /etc/resolv.conf":                                         "nameserver 1.1.1.1\nnameserver 9.9.9.9",
		"ls -ld /sbin/init /etc/shadow /root | awk '{print $1,$3,$4}'": "-rw------- root root\ndrwx------ root root\n-rwxr-xr-x root root",
		"echo kept > kept; sync; stat -c '%a %U' . .ssh":               "700 dbc\n700 dbc",
	} {
		if got := command(t, c, line); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
	if mib, _ := strconv.Atoi(command(t, c, "df -m / | awk 'NR==2{print $2}'")); mib < diskSize>>20*9/10 {
		t.Errorf("root has %d MiB of a disk of %d", mib, diskSize>>20)
	}
	if got := shell(t, c, "echo $((6*7))\nexit\n"); !strings.Contains(got, "42") {
		t.Errorf("shell said %q", got)
	}
	if _, err := g.dial(r.pinned, "dbc", ssh.Password("")); err == nil {
		t.Error("an empty password was taken")
	}
	if _, err := g.dial(r.pinned, "root", ssh.PublicKeys(r.signer)); err == nil {
		t.Error("root could log in")
	}
	if _, err := g.dial(r.pinned, "dbc", ssh.PublicKeys(newRenter(t).signer)); err == nil {
		t.Error("another key could log in")
	}
	if got := call(t, g.agent, false, `{"execute":"guest-ping"}`); got != "{}" {
		t.Errorf("guest-ping: %s", got)
	}
	g.powerDown(t)
	if err := image.Check(t.Context(), disk); err != nil {
		t.Error(err)
	}
	if !clean(t, disk) {
		t.Error("the root was not unmounted cleanly")
	}

	g = boot(t, tiny, disk, seeded)
	c = r.login(t, g)
	if got := command(t, c, "cat kept"); got != "kept" {
		t.Errorf("second boot: got %q, want the first one's file", got)
	}
	call(t, g.agent, false, `{"execute":"guest-sync","arguments":{"id":1}}`)
	g.powerDown(t)
	if digest(t, base.Path) != before {
		t.Error("the base image changed")
	}
}

// TestPassword boots a guest with a password, which the agent then replaces.
func TestPassword(t *testing.T) {
	disk, _ := newDisk(t, tiny)
	r := newRenter(t)
	hash, err := seed.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	r.data.AuthorizedKeys, r.data.PasswordHash = nil, hash
	g := boot(t, tiny, disk, writeSeed(t, r.data))
	c, err := g.dial(r.pinned, "dbc", ssh.Password(password))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if got := command(t, c, "echo in"); got != "in" {
		t.Errorf("got %q", got)
	}
	if _, err := g.dial(r.pinned, "dbc", ssh.Password("wrong")); err == nil {
		t.Error("a wrong password was taken")
	}
	next := []byte("another one")
	request, err := json.Marshal(map[string]any{
		"execute":   "guest-set-user-password",
		"arguments": map[string]any{"username": "dbc", "password": next, "crypted": false},
	})
	if err != nil {
		t.Fatal(err)
	}
	call(t, g.agent, false, string(request))
	again, err := g.dial(r.pinned, "dbc", ssh.Password(string(next)))
	if err != nil {
		t.Fatalf("the agent's password: %v", err)
	}
	defer func() { _ = again.Close() }()
	g.powerDown(t)
}

// TestUEFI boots both images with the other firmware.
func TestUEFI(t *testing.T) {
	for _, of := range []kind{tiny, debian} {
		t.Run(of.name, func(t *testing.T) {
			disk, _ := newDisk(t, of)
			r := newRenter(t)
			of.uefi = true
			g := boot(t, of, disk, writeSeed(t, r.data))
			if got := command(t, r.login(t, g), "ls -d /sys/firmware/efi; hostname"); got != "/sys/firmware/efi\nrent-7" {
				t.Errorf("got %q", got)
			}
			g.powerDown(t)
			if !clean(t, disk) {
				t.Error("the root was not unmounted cleanly")
			}
		})
	}
}

// TestOff presses the power button while programs that ignore SIGTERM are
// writing: they are killed, and the root file system is clean all the same.
func TestOff(t *testing.T) {
	r := newRenter(t)
	seeded := writeSeed(t, r.data)
	disk, _ := newDisk(t, tiny)
	for range 3 {
		g := boot(t, tiny, disk, seeded)
		c := r.login(t, g)
		command(t, c, `for i in $(seq 30); do (trap "" TERM; exec 3>>file$i; while :; do echo x >&3; done) >/dev/null 2>&1 </dev/null & done`)
		g.powerDown(t)
		if !clean(t, disk) {
			t.Error("the root was not unmounted cleanly")
		}
	}
}

func digest(t *testing.T, path string) [32]byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Fatal(err)
	}
	return [32]byte(h.Sum(nil))
}

// clean reports whether the ext4 root needs no journal recovery.
func clean(t *testing.T, disk string) bool {
	t.Helper()
	const root, superblock, incompat, needsRecovery = 2 << 20, 1024, 96, 4
	raw := filepath.Join(t.TempDir(), "raw")
	if out, err := exec.CommandContext(t.Context(), "qemu-img", "convert", "-O", "raw", "--", disk, raw).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img: %v: %s", err, out)
	}
	f, err := os.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var b [128]byte
	if _, err := f.ReadAt(b[:], root+superblock); err != nil {
		t.Fatal(err)
	}
	if b[56] != 0x53 || b[57] != 0xef {
		t.Fatal("no ext4 where the root should be")
	}
	return b[incompat]&needsRecovery == 0
}
