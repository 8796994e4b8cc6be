package helper

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"

	"github.com/dbc-network/dbc/node/helper/steps"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
)

// TestVersionOfProtocol: whoever changes the protocol gives it a new Version.
func TestVersionOfProtocol(t *testing.T) {
	t.Parallel()
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(protodesc.ToFileDescriptorProto(steps.File_dbc_helper_v1_helper_proto))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if got, want := Version+" "+hex.EncodeToString(sum[:8]), "3 35c17c1acda207dd"; got != want {
		t.Errorf("the protocol is %q, was %q: count Version up", got, want)
	}
}

func fuzzed() (*Server, *bound) {
	binding := journal.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"}
	s := &Server{config: Config{
		Data: "/data", CIDR: netip.MustParsePrefix("10.9.0.0/24"), PortFirst: 6000, PortLast: 7000, CPUs: 8, MemoryMiB: 4096,
	}}
	return s, &bound{prefix: host.DomainPrefix(binding), layout: layout{data: "/data", bridge: "dbc0"}}
}

// FuzzDefine: what is not refused has no path outside the data folder.
func FuzzDefine(f *testing.F) {
	s, b := fuzzed()
	req := &steps.DefineRequest{
		Uuid: "00000000-1111-8222-8333-444444444444", Name: b.prefix + "7-001122334455", Vcpus: 2, MemoryMib: 256,
		Folder: "aaaaaaaaaaaaaaaaaaaa", Image: "tiny.qcow2", DataDisks: []string{"vdb"},
		Card: &steps.Card{Tap: "dt0011223344", Mac: []byte{2, 0, 0, 0, 0, 1}, Addr: "10.9.0.2"},
	}
	good, err := proto.Marshal(req)
	if err != nil || s.checkDefine(b, req) != nil {
		f.Fatal(err, s.checkDefine(b, req))
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, data []byte) {
		req := &steps.DefineRequest{}
		if proto.Unmarshal(data, req) != nil || s.checkDefine(b, req) != nil {
			return
		}
		spec := b.layout.expand(req)
		paths := []string{spec.ConsoleLog, spec.ConsoleSocket, spec.VNCSocket}
		for _, disk := range spec.Disks {
			paths = append(paths, disk.Path)
		}
		if spec.NVRAM != "" {
			paths = append(paths, spec.NVRAM)
		}
		for _, path := range paths {
			if !strings.HasPrefix(path, "/data/tasks/"+req.GetFolder()+"/") || filepath.Clean(path) != path {
				t.Errorf("path %q", path)
			}
		}
		if filepath.Dir(spec.Disks[0].Backing) != "/data/images" || spec.NIC.Bridge != "dbc0" || !s.config.CIDR.Contains(spec.NIC.Addr) {
			t.Errorf("specification %+v", spec)
		}
	})
}

// FuzzApply: what is not refused publishes none of the host's own ports.
func FuzzApply(f *testing.F) {
	s, _ := fuzzed()
	good, err := proto.Marshal(&steps.ApplyRequest{Bindings: []*steps.Binding{{
		Card:  &steps.Card{Tap: "dt0011223344", Mac: []byte{2, 0, 0, 0, 0, 1}, Addr: "10.9.0.2"},
		Ports: []*steps.Port{{Protocol: "tcp", Host: 6000, Guest: 22}},
	}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, data []byte) {
		req := &steps.ApplyRequest{}
		if proto.Unmarshal(data, req) != nil {
			return
		}
		bindings, err := s.readBindings(req)
		if err != nil {
			return
		}
		for _, b := range bindings {
			if !s.config.CIDR.Contains(b.Addr) || b.MAC[0] != 2 || !strings.HasPrefix(b.Tap, "dt") {
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
