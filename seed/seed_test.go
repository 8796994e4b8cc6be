package seed

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/seed/nocloud"
	"github.com/dbc-network/dbc/seed/sshkey"
)

const renterKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAVmdOjuJNIXq5my3jjsPiwqZ7HrR3NsGPKHXxgERiJU renter@laptop"

func valid() Data {
	return Data{
		InstanceID: "rent-7-task-1", Hostname: "rent-7", User: "dbc",
		AuthorizedKeys: []string{renterKey},
		PasswordHash:   "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
		HostKey:        ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)),
		MAC:            net.HardwareAddr{0x52, 0x54, 0, 1, 2, 3},
		Addr:           netip.MustParsePrefix("10.77.0.2/24"),
		Gateway:        netip.MustParseAddr("10.77.0.1"),
		Resolvers:      []netip.Addr{netip.MustParseAddr("1.1.1.1"), netip.MustParseAddr("9.9.9.9")},
	}
}

func TestWriteIsDeterministicAndReplaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one.iso"), filepath.Join(dir, "two.iso")
	for _, path := range []string{one, two, two} {
		if err := Write(context.Background(), path, valid()); err != nil {
			t.Fatal(err)
		}
	}
	a, b := read(t, one), read(t, two)
	if !bytes.Equal(a, b) {
		t.Error("equal data made different seeds")
	}
	if len(a)%512 != 0 || len(a) > 1<<20 {
		t.Errorf("size %d: want whole sectors and less than a megabyte", len(a))
	}
	info, err := os.Stat(one)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600: it holds a private key", info.Mode(), err)
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 2 {
		t.Errorf("files left behind: %v", left)
	}
}

func TestWriteClearsWhatACrashLeft(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seed.iso")
	if err := os.MkdirAll(filepath.Join(path+".files", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(context.Background(), path, valid()); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(read(t, path), []byte("\x00X")) {
		t.Error("a folder of an earlier try is in the image")
	}
}

func TestImageIsNoCloud(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "seed.iso")
	if err := Write(context.Background(), path, valid()); err != nil {
		t.Fatal(err)
	}
	image := read(t, path)
	if got := string(image[16*sector+40 : 16*sector+46]); got != nocloud.Label {
		t.Errorf("label %q", got)
	}
	for _, want := range []string{"user-data", "meta-data", "network-config"} {
		var ucs2 []byte
		for _, c := range []byte(want) {
			ucs2 = append(ucs2, 0, c)
		}
		if !bytes.Contains(image, ucs2) {
			t.Errorf("no Joliet name %s", want)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	d := valid()
	files, err := d.files()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string][]byte{}
	for _, f := range files {
		byName[f.name] = f.content
	}
	if !bytes.HasPrefix(byName[nocloud.UserDataFile], []byte("#cloud-config\n")) {
		t.Error("user-data does not begin as cloud-init wants it")
	}
	var user nocloud.UserData
	if err := yaml.Unmarshal(byName[nocloud.UserDataFile], &user); err != nil {
		t.Fatal(err)
	}
	if len(user.Users) != 1 || user.Users[0].Name != "dbc" || user.Users[0].LockPassword || !user.SSHPasswordAuth {
		t.Errorf("user: %+v", user)
	}
	if got := user.Users[0].AuthorizedKeys[0]; got+" renter@laptop" != renterKey {
		t.Errorf("key %q", got)
	}
	parsed, err := ssh.ParseRawPrivateKey([]byte(user.SSHKeys.Private))
	if err != nil {
		t.Fatal(err)
	}
	if key, ok := parsed.(*ed25519.PrivateKey); !ok || !key.Equal(d.HostKey) {
		t.Error("the host key does not come back")
	}
	public, _ := PublicLine(d.HostKey)
	if user.SSHKeys.Public != public || !strings.HasPrefix(public, "ssh-ed25519 ") {
		t.Errorf("public %q", user.SSHKeys.Public)
	}
	var network nocloud.NetworkConfig
	if err := yaml.Unmarshal(byName[nocloud.NetworkConfigFile], &network); err != nil {
		t.Fatal(err)
	}
	card := network.Ethernets["eth0"]
	if card.SetName != "eth0" || card.Match.MACAddress != "52:54:00:01:02:03" || card.Addresses[0] != "10.77.0.2/24" || card.DHCP4 ||
		card.Routes[0].Via != "10.77.0.1" || len(card.Nameservers.Addresses) != 2 {
		t.Errorf("network: %+v", network)
	}
}

func TestKeysOnlyLocksThePassword(t *testing.T) {
	t.Parallel()
	d := valid()
	d.PasswordHash = ""
	raw, err := d.userData()
	if err != nil {
		t.Fatal(err)
	}
	var user nocloud.UserData
	if err := yaml.Unmarshal(raw, &user); err != nil {
		t.Fatal(err)
	}
	if !user.Users[0].LockPassword || user.SSHPasswordAuth || bytes.Contains(raw, []byte("passwd: $")) {
		t.Errorf("a guest with keys alone takes passwords:\n%s", raw)
	}
}

func TestInvalidValuesAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*Data){
		"instance id with a path":    func(d *Data) { d.InstanceID = "../x" },
		"no instance id":             func(d *Data) { d.InstanceID = "" },
		"hostname with a dot":        func(d *Data) { d.Hostname = "a.b" },
		"hostname with a line break": func(d *Data) { d.Hostname = "a\nusers: []" },
		"root":                       func(d *Data) { d.User = "root" },
		"user with a colon":          func(d *Data) { d.User = "a:b" },
		"nobody can log in":          func(d *Data) { d.PasswordHash, d.AuthorizedKeys = "", nil },
		"plain password":             func(d *Data) { d.PasswordHash = "secret" },
		"hash with a colon":          func(d *Data) { d.PasswordHash += ":0:0" },
		"key of no kind":             func(d *Data) { d.AuthorizedKeys = []string{"hello"} },
		"key with options":           func(d *Data) { d.AuthorizedKeys = []string{`command="id" ` + renterKey} },
		"two keys in a line":         func(d *Data) { d.AuthorizedKeys = []string{renterKey + "\n" + renterKey} },
		"too many keys":              func(d *Data) { d.AuthorizedKeys = make([]string, sshkey.MaxKeys+1) },
		"no host key":                func(d *Data) { d.HostKey = nil },
		"no MAC":                     func(d *Data) { d.MAC = nil },
		"multicast MAC":              func(d *Data) { d.MAC = net.HardwareAddr{1, 0, 0, 0, 0, 1} },
		"no address":                 func(d *Data) { d.Addr = netip.Prefix{} },
		"IPv6 address":               func(d *Data) { d.Addr = netip.MustParsePrefix("fd00::2/64") },
		"gateway elsewhere":          func(d *Data) { d.Gateway = netip.MustParseAddr("10.78.0.1") },
		"gateway is the guest":       func(d *Data) { d.Gateway = d.Addr.Addr() },
		"no resolver":                func(d *Data) { d.Resolvers = nil },
		"loopback resolver":          func(d *Data) { d.Resolvers = []netip.Addr{netip.MustParseAddr("127.0.0.1")} },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := valid()
			spoil(&d)
			path := filepath.Join(t.TempDir(), "seed.iso")
			if err := Write(context.Background(), path, d); !errors.Is(err, ErrInvalid) {
				t.Errorf("got %v, want ErrInvalid", err)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("something was written")
			}
		})
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
