package helper_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
)

// raw is what a node that somebody took over can say: anything.
func (w *world) raw(t *testing.T) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///helper", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", w.socket)
		}))
	must(t, err)
	t.Cleanup(func() { must(t, conn.Close()) })
	return conn
}

func spoken(t *testing.T, version string) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(t.Context(), "dbc-helper-version", version)
}

// refused wants an error of that kind whose text says what was wrong.
func refused(t *testing.T, what string, err error, kind, says string) {
	t.Helper()
	told := status.Convert(err)
	for _, detail := range told.Details() {
		if fault, ok := detail.(*steps.Fault); ok && slices.Contains(fault.Kinds, kind) && strings.Contains(told.Message(), says) {
			return
		}
	}
	t.Errorf("%s: %v, %v; want %q, saying %q", what, err, told.Details(), kind, says)
}

// hostile is a node that was taken over, and a VM that it may rightly name.
type hostile struct {
	*world
	ctx        context.Context //nolint:containedctx // the test's own
	conn       *grpc.ClientConn
	folder, id string
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	w.make("good")
	return &hostile{world: w, ctx: spoken(t, helper.Version), conn: w.raw(t), folder: folderOf("good"), id: string(idOf("good"))}
}

// TestHostileDefine: each field of a definition out of bounds.
func TestHostileDefine(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	machines := steps.NewMachinesClient(h.conn)
	define := func(change func(*steps.DefineRequest)) error {
		req := &steps.DefineRequest{Folder: h.folder, Vcpus: 2, MemoryMib: 256, DataDisks: []string{"vdb"}}
		change(req)
		_, err := machines.Define(h.ctx, req)
		return err
	}
	must(t, define(func(*steps.DefineRequest) {}))
	for _, c := range []struct {
		says   string
		change func(*steps.DefineRequest)
	}{
		{"vcpus", func(r *steps.DefineRequest) { r.Vcpus = 9 }},
		{"vcpus", func(r *steps.DefineRequest) { r.Vcpus = 0 }},
		{"memory_mib", func(r *steps.DefineRequest) { r.MemoryMib = 1 << 63 }},
		{"folder", func(r *steps.DefineRequest) { r.Folder = "../../etc/aaaaaaaaaaaa" }},
		{"folder", func(r *steps.DefineRequest) { r.Folder = "" }},
		{"disk", func(r *steps.DefineRequest) { r.DataDisks = []string{"../x"} }},
		{"disk", func(r *steps.DefineRequest) { r.DataDisks = []string{"vda"} }},
		{"disk", func(r *steps.DefineRequest) { r.DataDisks = []string{"vdb", "vdb"} }},
		{"disk", func(r *steps.DefineRequest) { r.DataDisks = []string{"vdc"} }},
		{"data_disks", func(r *steps.DefineRequest) { r.DataDisks = make([]string, 9) }},
	} {
		refused(t, "define", define(c.change), "bad spec", c.says)
	}
}

// TestHostileApply: no port and no address but the guests', and a refusal changes nothing.
func TestHostileApply(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	network := steps.NewNetworkClient(h.conn)
	apply := func(folder string, ports ...*steps.Port) error {
		_, err := network.Apply(h.ctx, &steps.ApplyRequest{Connections: []*steps.Connection{{Folder: folder, Ports: ports}}})
		return err
	}
	port := func(protocol string, host, guest uint32) *steps.Port {
		return &steps.Port{Name: fmt.Sprintf("%s-%d", protocol, host), Protocol: protocol, Host: host, Guest: guest}
	}
	odd := func(change func(p *steps.Port)) *steps.Port {
		p := port("tcp", 6000, 22)
		change(p)
		return p
	}
	good := h.folder
	must(t, apply(good, port("udp", 6000, 53), port("tcp", 7000, 22)))
	want := h.wires.bindings()
	for says, err := range map[string]error{
		"host port is 22": apply(good, port("tcp", 22, 22)), "host port is 5999": apply(good, port("tcp", 5999, 22)),
		"host port is 7001": apply(good, port("tcp", 7001, 22)), "port is 65558": apply(good, port("tcp", 65558, 22)),
		"guest port": apply(good, port("tcp", 6000, 0)), "protocol": apply(good, port("icmp", 6000, 1)),
		"port name is \"\"":     apply(good, odd(func(p *steps.Port) { p.Name = "" })),
		"port name is \"a b\"":  apply(good, odd(func(p *steps.Port) { p.Name = "a b" })),
		"port name is tcp-6000": apply(good, port("tcp", 6000, 22), odd(func(p *steps.Port) { p.Host = 6001 })),
		"source is":             apply(good, odd(func(p *steps.Port) { p.Sources = []string{"anywhere"} })),
		"sources is 17": apply(good, odd(func(p *steps.Port) {
			p.Sources = slices.Repeat([]string{"203.0.113.0/24"}, 17)
		})),
		"ports is 101": apply(good, make([]*steps.Port, 101)...),
		"folder":       apply("../../etc/aaaaaaaaaaaa"), "not in the helper's record": apply(folderOf("none")),
	} {
		refused(t, "apply", err, "bad binding", says)
	}
	_, err := network.Apply(h.ctx, &steps.ApplyRequest{Connections: make([]*steps.Connection, 1025)})
	refused(t, "apply", err, "bad binding", "connections is 1025")
	if got := h.wires.bindings(); len(got) != 1 || len(got[0].Ports) != 2 || len(want) != 1 {
		t.Errorf("a refusal changed the bindings to %+v", got)
	}
}

// TestHostileOperate: nothing but this machine's domains and a VM's own disks.
func TestHostileOperate(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	machines, ctx, id := steps.NewMachinesClient(h.conn), h.ctx, h.id
	_, err := machines.Operate(ctx, &steps.OperateRequest{Uuid: id})
	refused(t, "operate", err, "refused", "operation")
	_, err = machines.Operate(ctx, &steps.OperateRequest{Uuid: "x", Operation: steps.Operation_OPERATION_STOP})
	refused(t, "operate", err, "bad spec", "uuid")
	_, err = machines.Get(ctx, &steps.GetRequest{Uuid: "00000000-1111-4222-8333-444444444444"})
	refused(t, "get of another's", err, "no domain", "no such domain")
	_, err = machines.SetPassword(ctx, &steps.SetPasswordRequest{Uuid: id, User: "root;x", Password: "longenough"})
	refused(t, "password", err, "refused", "user")
	_, err = machines.SetPassword(ctx, &steps.SetPasswordRequest{Uuid: id, User: "dbc", Password: "sec\nret"})
	refused(t, "password", err, "refused", "password")
	if strings.Contains(err.Error(), "ret") && strings.Contains(err.Error(), "sec\n") {
		t.Error("the refusal shows the password")
	}
	_, err = machines.Attach(ctx, &steps.AttachRequest{Uuid: id, Disk: "../../vdb"})
	refused(t, "attach", err, "bad spec", "disk")
	_, err = machines.Attach(ctx, &steps.AttachRequest{Uuid: id, Disk: "vda"})
	refused(t, "attach", err, "bad spec", "disk")
	_, err = machines.Grow(ctx, &steps.GrowRequest{Uuid: id, Disk: "/dev/sda", Bytes: 1})
	refused(t, "grow", err, "bad spec", "disk")
	_, err = machines.Grow(ctx, &steps.GrowRequest{Uuid: id, Disk: "vdb", Bytes: 1 << 60})
	refused(t, "grow", err, "refused", "bytes")
	_, err = machines.Detach(ctx, &steps.DetachRequest{Uuid: id, Disk: "vdz"})
	refused(t, "detach", err, "bad spec", "disk")
	for _, first := range []*steps.ConnectRequest{{Uuid: id}, {Wire: steps.Wire_WIRE_VNC}} {
		stream, err := machines.Connect(ctx)
		must(t, err)
		must(t, stream.Send(first))
		if _, err = stream.Recv(); err == nil {
			t.Errorf("connected with %v", first)
		}
	}
}

// TestHostileFiles: no file but a VM's, and a refusal leaves nothing.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	w, ctx, folder, files := h.world, h.ctx, h.folder, steps.NewFilesClient(h.conn)
	bad := &steps.FolderRequest{Folder: "../../../etc"}
	calls := map[string]func() error{
		"system": func() error {
			_, err := files.MakeSystem(ctx, &steps.MakeSystemRequest{Folder: bad.Folder, Image: "tiny.qcow2", Gib: 1, Wallet: alice.Address()})
			return err
		},
		"take over": func() error {
			_, err := files.TakeOver(ctx, &steps.TakeOverRequest{Folder: bad.Folder, TaskId: folder})
			return err
		},
		"wipe":   func() error { _, err := files.Wipe(ctx, bad); return err },
		"stored": func() error { _, err := files.Stored(ctx, bad); return err },
		"size": func() error {
			_, err := files.SizeDisk(ctx, &steps.SizeDiskRequest{Folder: bad.Folder, Disk: "vdb", Gib: 1, Create: true})
			return err
		},
		"disk": func() error {
			_, err := files.RemoveDisk(ctx, &steps.RemoveDiskRequest{Folder: folder, Disk: "../vdb"})
			return err
		},
		"unseed": func() error { _, err := files.RemoveSeed(ctx, bad); return err },
		"log": func() error {
			_, err := files.ReadConsole(ctx, &steps.ReadConsoleRequest{Folder: bad.Folder})
			return err
		},
		"trim": func() error { _, err := files.TrimConsole(ctx, bad); return err },
	}
	for name, call := range calls {
		refused(t, name, call(), "file name", "allowed")
	}
	_, err := files.SizeDisk(ctx, &steps.SizeDiskRequest{Folder: folder, Disk: "vdb", Gib: 1 << 40, Create: true})
	refused(t, "huge", err, "file size", "allowed")
	seed := func(change func(*steps.WriteSeedRequest)) error {
		req := &steps.WriteSeedRequest{Folder: folder, InstanceId: "i", Hostname: "h", User: "dbc", HostKey: make([]byte, 32), Mac: binding.VM(rent, folder).MAC, Addr: "10.9.0.2"}
		change(req)
		_, err := files.WriteSeed(ctx, req)
		return err
	}
	refused(t, "seed", seed(func(r *steps.WriteSeedRequest) { r.HostKey = nil }), "refused", "host_key")
	refused(t, "seed", seed(func(r *steps.WriteSeedRequest) { r.Addr = "1.1.1.1" }), "refused", "addr")
	refused(t, "seed", seed(func(r *steps.WriteSeedRequest) { r.User = "root" }), "bad seed", "user")
	refused(t, "seed", seed(func(r *steps.WriteSeedRequest) { r.AuthorizedKeys = []string{"ssh-rsa x\nruncmd: [x]"} }), "bad seed", "key")
	if left, err := filepath.Glob(filepath.Join(w.data, "tasks", "*")); err != nil || len(left) != 1 {
		t.Errorf("refusals left %v, %v", left, err)
	}
}

// TestPeers: the socket is one user's, whoever else reaches it is refused.
func TestPeers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	info, err := os.Lstat(w.socket)
	if err != nil || info.Mode() != os.ModeSocket|0o600 {
		t.Fatalf("the socket is %v, %v", info, err)
	}
	w.stop()
	w.config.UID = os.Getuid() + 1
	w.start()
	conn := w.raw(t)
	_, err = steps.NewMachinesClient(conn).List(spoken(t, helper.Version), &steps.ListRequest{})
	refused(t, "list as another", err, "peer", "uid")
	stream, err := steps.NewMachinesClient(conn).Watch(spoken(t, helper.Version), &steps.WatchRequest{})
	must(t, err)
	_, err = stream.Recv()
	refused(t, "watch as another", err, "peer", "uid")
}

// TestVersions: another version is told so, with what to do.
func TestVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, version := range []string{"0", helper.Version + "0", ""} {
		_, err := steps.NewHelperClient(w.raw(t)).Bind(spoken(t, version), &steps.BindRequest{ChainId: "c", GenesisHash: "aa", MachineId: "bb"})
		refused(t, "version "+version, err, "version", "restart both")
	}
	_, err := steps.NewHelperClient(w.raw(t)).Bind(t.Context(), &steps.BindRequest{})
	refused(t, "no version", err, "version", "none")
}
