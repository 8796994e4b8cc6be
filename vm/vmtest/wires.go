package vmtest

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/dbc-network/dbc/vm"
)

// testConsole needs a guest that writes Bench.Greeting when it starts.
func testConsole(t *testing.T, b Bench) {
	spec := b.define(t, "console")
	_, err := b.Driver.Console(b.context(t), spec.UUID)
	wantError(t, "console of what is off", err, vm.ErrNotRunning)
	must(t, "start", b.Driver.Start(b.context(t), spec.UUID))
	greeted := func(times int) net.Conn {
		b.greeted(t, spec, times)
		conn := b.connect(t, spec.UUID, b.Driver.Console)
		must(t, "reset", b.Driver.Reset(b.context(t), spec.UUID))
		expectBytes(t, conn, b.Greeting)
		return conn
	}
	for n := range 2 { // the next connection finds it free
		conn := greeted(1 + n)
		if _, err := conn.Write([]byte("typed")); err != nil {
			t.Errorf("type: %v", err)
		}
		must(t, "close", conn.Close())
	}
	// The guest continues even if nobody is connected.
	b.greeted(t, spec, 3)
	must(t, "reset", b.Driver.Reset(b.context(t), spec.UUID))
	b.expect(t, spec.UUID, vm.StateRunning, vm.ReasonUnknown)
	expectEnd(t, b, spec.UUID, greeted(4))
}

func testVNC(t *testing.T, b Bench) {
	spec := b.define(t, "screen")
	_, err := b.Driver.VNC(b.context(t), spec.UUID)
	wantError(t, "screen of what is off", err, vm.ErrNotRunning)
	must(t, "start", b.Driver.Start(b.context(t), spec.UUID))
	first, second := b.connect(t, spec.UUID, b.Driver.VNC), b.connect(t, spec.UUID, b.Driver.VNC)
	expectBytes(t, first, "RFB 003.")
	expectBytes(t, second, "RFB 003.")
	must(t, "close", first.Close())
	expectEnd(t, b, spec.UUID, second)
}

func (b Bench) connect(t *testing.T, id vm.UUID, open func(context.Context, vm.UUID) (net.Conn, error)) net.Conn {
	t.Helper()
	conn, err := open(b.context(t), id)
	must(t, "connect", err)
	t.Cleanup(func() { _ = conn.Close() })
	must(t, "limit", conn.SetDeadline(time.Now().Add(b.Limit)))
	return conn
}

// expectBytes reads until it has seen want.
func expectBytes(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	var seen []byte
	for one := make([]byte, 1); len(seen) < 1<<16; {
		if _, err := conn.Read(one); err != nil {
			t.Fatalf("read %q, then %v, want %q in it", seen, err, want)
		}
		seen = append(seen, one[0])
		if len(seen) >= len(want) && string(seen[len(seen)-len(want):]) == want {
			return
		}
	}
	t.Fatalf("no %q in %d bytes", want, len(seen))
}

// expectEnd expects a connection to end with its domain.
func expectEnd(t *testing.T, b Bench, id vm.UUID, conn net.Conn) {
	t.Helper()
	must(t, "stop", b.Driver.Stop(b.context(t), id))
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("after the domain's end: %v, want a plain end", err)
	}
}
