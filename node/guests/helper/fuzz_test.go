package helper

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm/fake"
)

// TestVersionOfProtocol: whoever changes the protocol gives it a new Version.
func TestVersionOfProtocol(t *testing.T) {
	t.Parallel()
	file := protodesc.ToFileDescriptorProto(steps.File_dbc_helper_v1_helper_proto)
	file.Options = nil // where the generated code lies is no part of what crosses the socket
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if got, want := Version+" "+hex.EncodeToString(sum[:8]), "8 d3eec885b7cf8ea1"; got != want {
		t.Errorf("the protocol is %q, was %q: count Version up", got, want)
	}
}

// fuzzed is a privileged side with one VM of its own.
func fuzzed(f *testing.F) (l *guests.Local, driver *fake.Driver, net *bindings, folder, data string) {
	f.Helper()
	must := func(err error) {
		if err != nil {
			f.Fatal(err)
		}
	}
	data, folder = f.TempDir(), "aaaaaaaaaaaaaaaaaaaa"
	must(os.MkdirAll(filepath.Join(data, "images"), 0o755))
	out, err := exec.CommandContext(f.Context(), "qemu-img", "create", "-q", "-f", "qcow2", filepath.Join(data, "images", "tiny.qcow2"), "64M").CombinedOutput()
	if err != nil {
		f.Fatalf("qemu-img (these tests need it): %v: %s", err, out)
	}
	must(os.Chmod(filepath.Join(data, "images", "tiny.qcow2"), 0o444))
	driver, net = fake.New(), &bindings{}
	bound := names.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"}
	l, err = guests.New(f.Context(), guests.Rules{
		Data: data, CIDR: netip.MustParsePrefix("10.9.0.0/24"), Resolvers: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
		PortFirst: 6000, PortLast: 7000, CPUs: 8, MemoryMiB: 4096,
		Overlay: func(_ context.Context, _ image.Image, path string, _ int64) error {
			return os.WriteFile(path, nil, 0o600)
		},
	}, bound, func(context.Context, names.Binding) (guests.Parts, error) {
		return guests.Parts{Driver: driver, Net: net, Close: func() error { return nil }}, nil
	})
	must(err)
	id := bound.VM(7, folder)
	wallet := auth.NewSigner(secp256k1.PrivKeyFromBytes([]byte{1})).Address()
	must(l.MakeSystem(f.Context(), folder, guests.Claim{TaskID: folder, RentID: 7, Wallet: wallet}, "tiny.qcow2", 1))
	must(l.SizeDisk(f.Context(), folder, "vdb", 1, true))
	must(l.WriteSeed(f.Context(), folder, seed.Data{
		InstanceID: string(id.UUID), Hostname: id.Hostname, User: names.User, PasswordHash: "$6$aaaaaaaa$" + strings.Repeat("a", 86),
		HostKey: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), MAC: id.MAC, Addr: netip.MustParsePrefix("10.9.0.2/24"),
	}))
	return l, driver, net, folder, data
}

// bindings remembers the last ones.
type bindings struct{ last []network.Binding }

func (*bindings) Ensure(context.Context) error { return nil }

func (b *bindings) Apply(_ context.Context, list []network.Binding) error {
	b.last = list
	return nil
}

// FuzzDefine: what is not refused has no path outside the VM's folder.
func FuzzDefine(f *testing.F) {
	l, driver, _, folder, data := fuzzed(f)
	good, err := proto.Marshal(&steps.DefineRequest{Folder: folder, Vcpus: 2, MemoryMib: 256, DataDisks: []string{"vdb"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, text []byte) {
		req := &steps.DefineRequest{}
		if proto.Unmarshal(text, req) != nil || l.Define(t.Context(), readVM(req)) != nil {
			return
		}
		list, err := driver.List(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatalf("defined %+v, %v", list, err)
		}
		spec, _ := driver.Spec(list[0].UUID)
		paths := []string{spec.ConsoleLog, spec.ConsoleSocket, spec.VNCSocket}
		for _, disk := range spec.Disks {
			paths = append(paths, disk.Path)
		}
		if spec.NVRAM != "" {
			paths = append(paths, spec.NVRAM)
		}
		for _, path := range paths {
			if !strings.HasPrefix(path, filepath.Join(data, "tasks", folder)+"/") || filepath.Clean(path) != path {
				t.Errorf("path %q", path)
			}
		}
		if spec.Disks[0].Backing != filepath.Join(data, "images", "tiny.qcow2") || spec.NIC.Addr.String() != "10.9.0.2" {
			t.Errorf("specification %+v", spec)
		}
	})
}

// FuzzApply: what is not refused publishes none of the host's own ports.
func FuzzApply(f *testing.F) {
	l, _, net, folder, _ := fuzzed(f)
	good, err := proto.Marshal(&steps.ApplyRequest{Connections: []*steps.Connection{{
		Folder: folder, Ports: []*steps.Port{{Name: "ssh", Protocol: "tcp", Host: 6000, Guest: 22}},
	}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, text []byte) {
		req := &steps.ApplyRequest{}
		if proto.Unmarshal(text, req) != nil {
			return
		}
		list, err := readConnections(req)
		if err != nil || l.Connect(t.Context(), list) != nil {
			return
		}
		for _, b := range net.last {
			if b.Addr.String() != "10.9.0.2" || b.MAC[0] != 2 || !strings.HasPrefix(b.Tap, names.TapPrefix) {
				t.Errorf("binding %+v", b)
			}
			for _, p := range b.Ports {
				if p.Host < 6000 || p.Host > 7000 {
					t.Errorf("port %+v", p)
				}
			}
		}
	})
}
