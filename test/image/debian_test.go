package image

import (
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/seed"
)

// TestDebian verifies that cloud-init applies all of the node's seed, that both
// logins work, and that the project's own programs run there as services.
func TestDebian(t *testing.T) {
	disk, base := newDisk(t, debian)
	before := digest(t, base.Path)
	r := newRenter(t)
	hash, err := seed.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	r.data.PasswordHash = hash
	g := boot(t, debian, disk, writeSeed(t, r.data), programs(t))
	c := r.login(t, g)
	for line, want := range map[string]string{
		"id -un":                             "dbc",
		"sudo id -un":                        "root",
		"hostname":                           "rent-7",
		"cloud-init status | grep ^status":   "status: done",
		". /etc/os-release; echo $ID":        "debian",
		"systemctl is-system-running --wait": "running",
		"ip -4 -o addr show scope global | awk '{print $2,$4}'":  "eth0 " + guestAddr + "/24",
		"ip route | grep ^default | cut -d' ' -f1-3":             "default via " + gateway,
		"resolvectl dns eth0 | cut -d: -f2":                      "1.1.1.1 9.9.9.9",
		"sudo stat -c '%U:%G %a' /etc/shadow /usr/bin/sudo .ssh": "root:shadow 640\nroot:root 4755\ndbc:dbc 700",
		"find /etc/ssh -name 'ssh_host_*_key' -type f | sort":    "/etc/ssh/ssh_host_ed25519_key",
	} {
		if got := command(t, c, line); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
	if mib, _ := strconv.Atoi(strings.TrimSpace(command(t, c, "df -m --output=size / | tail -1"))); mib < diskSize>>20*9/10 {
		t.Errorf("root has %d MiB of a disk of %d", mib, diskSize>>20)
	}
	again, err := g.dial(r.pinned, "dbc", ssh.Password(password))
	if err != nil {
		t.Fatalf("the seed's password: %v", err)
	}
	defer func() { _ = again.Close() }()
	for name, auth := range map[string]ssh.AuthMethod{"a wrong password": ssh.Password("wrong"), "an empty one": ssh.Password("")} {
		if _, err := g.dial(r.pinned, "dbc", auth); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := g.dial(r.pinned, "root", ssh.PublicKeys(r.signer)); err == nil {
		t.Error("root could log in")
	}
	if got := call(t, g.agent, false, `{"execute":"guest-ping"}`); got != "{}" {
		t.Errorf("guest-ping: %s", got)
	}
	testUnits(t, c)
	g.powerDown(t)
	if err := image.Check(t.Context(), disk); err != nil {
		t.Error(err)
	}
	if digest(t, base.Path) != before {
		t.Error("the base image changed")
	}
}
