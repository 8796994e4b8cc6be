package host

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/fake"
)

func TestConsoleAndVNC(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		ctx := context.Background()
		if _, err := w.host.Console(ctx, as(bob, 1), task.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("another's console: %v", err)
		}
		if _, err := w.host.VNC(ctx, as(alice, 2), task.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("by another rental: %v", err)
		}
		conn, err := w.host.Console(ctx, as(alice, 1), task.ID)
		if err != nil {
			t.Fatal(err)
		}
		w.driver.Write(task.Identity.UUID, fake.Greeting)
		buf := make([]byte, 64)
		if n, err := conn.Read(buf); err != nil || string(buf[:n]) != fake.Greeting {
			t.Errorf("%q, %v", buf[:n], err)
		}
		screen, err := w.host.VNC(ctx, as(alice, 1), task.ID)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := screen.Read(buf); err != nil || string(buf[:n]) != "RFB 003.008\n" {
			t.Errorf("%q, %v", buf[:n], err)
		}
		w.ask(task.ID, lifecycle.PowerOff)
		settle(time.Second)
		if _, err := conn.Read(buf); err == nil {
			t.Error("the console outlives the VM")
		}
		if _, err := screen.Read(buf); err == nil {
			t.Error("the screen outlives the VM")
		}
		if _, err := w.host.Console(ctx, as(alice, 1), task.ID); !errors.Is(err, ErrState) {
			t.Errorf("a console of what is off: %v", err)
		}
		w.driver.Fail("Console", vm.ErrUnavailable)
		if _, err := w.host.Console(ctx, as(alice, 1), task.ID); !errors.Is(err, vm.ErrUnavailable) {
			t.Errorf("without a hypervisor: %v", err)
		}
		if conn.Close() != nil || screen.Close() != nil {
			t.Error("not closed")
		}
	})
}
