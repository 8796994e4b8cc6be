package fake_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/fake"
	"github.com/dbc-network/dbc/vm/vmtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func spec(_ *testing.T, name string) vm.Spec {
	h := sha256.Sum256([]byte(name))
	return vm.Spec{
		UUID: vm.UUID(fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])),
		Name: name, VCPUs: 1, MemoryMiB: 64,
		Disks: []vm.Disk{{Path: "/var/lib/dbc/" + name + "/disk", Format: "raw", Target: "vda"}},
		NIC: vm.NIC{
			Bridge: "dbc0", Tap: "tap-" + name[:4],
			MAC: net.HardwareAddr{0x52, 0x54, 0, h[0], h[1], h[2]}, Addr: netip.MustParseAddr("10.66.0.2"),
		},
		ConsoleLog:    "/var/lib/dbc/" + name + "/console",
		ConsoleSocket: "/run/dbc/" + name + "/tty", VNCSocket: "/run/dbc/" + name + "/vnc",
	}
}

func disk(_ *testing.T, spec vm.Spec, target string) vm.Disk {
	return vm.Disk{Path: "/var/lib/dbc/" + spec.Name + "/" + target, Format: "raw", Target: target}
}

func TestDriver(t *testing.T) {
	t.Parallel()
	for _, deaf := range []bool{false, true} {
		vmtest.Run(t, func(*testing.T) vmtest.Bench {
			d := fake.New()
			d.Deafen(deaf)
			return vmtest.Bench{Driver: d, Spec: spec, Greeting: fake.Greeting, Disk: disk, Agent: true, Limit: 10 * time.Second}
		})
	}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	d, s, ctx := fake.New(), spec(t, "orders"), t.Context()
	broken := errors.New("broken")
	d.Fail("Define", broken)
	if err := d.Define(ctx, s); !errors.Is(err, broken) {
		t.Errorf("define: %v, want %v", err, broken)
	}
	d.Fail("Define", nil)
	if err := errors.Join(d.Define(ctx, s), d.Start(ctx, s.UUID)); err != nil {
		t.Fatal(err)
	}
	for _, why := range []vm.Reason{vm.ReasonGuest, vm.ReasonLost, vm.ReasonCrashed} {
		if !d.End(s.UUID, why) {
			t.Fatalf("end by %q: guest does not run", why)
		}
		got, err := d.Get(ctx, s.UUID)
		if err != nil || got.Reason != why {
			t.Errorf("domain is %+v, %v, want reason %q", got, err, why)
		}
		if d.End(s.UUID, why) {
			t.Error("a guest that is off ended")
		}
		if err := d.Start(ctx, s.UUID); err != nil {
			t.Fatal(err)
		}
	}
}
