package helper_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/fake"
)

// slow is a hypervisor that takes its time for whatever opens or changes a VM.
type slow struct {
	*fake.Driver
	entered, leave chan struct{}
}

func (s slow) wait() {
	s.entered <- struct{}{}
	<-s.leave
}

func (s slow) SetPassword(ctx context.Context, id vm.UUID, user, password string) error {
	s.wait()
	return s.Driver.SetPassword(ctx, id, user, password)
}

func (s slow) Console(ctx context.Context, id vm.UUID) (net.Conn, error) {
	s.wait()
	return s.Driver.Console(ctx, id)
}

func (s slow) Attach(ctx context.Context, id vm.UUID, disk vm.Disk) error {
	s.wait()
	return s.Driver.Attach(ctx, id, disk)
}

func (s slow) Grow(ctx context.Context, id vm.UUID, disk string, size uint64) error {
	s.wait()
	return s.Driver.Grow(ctx, id, disk, size)
}

func (s slow) Detach(ctx context.Context, id vm.UUID, disk string) error {
	s.wait()
	return s.Driver.Detach(ctx, id, disk)
}

// TestNothingChangesHandsMeanwhile: what a renter signed for his VM is not done to the
// VM that a node makes by the same ids for another renter while it is under way.
func TestNothingChangesHandsMeanwhile(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]func(h *taken) error{
		"password": func(h *taken) error { return h.setPassword(h.passwd(mallory, "ids"), "ids") },
		"console": func(h *taken) error {
			p := sign(t, mallory, guests.PathConsole+folderOf("ids"), nil)
			return h.connect(&steps.ConnectRequest{Uuid: h.id("ids"), Wire: steps.Wire_WIRE_CONSOLE, Authority: authorityOf(p)})
		},
		"attach": func(h *taken) error {
			_, err := h.machines.Attach(h.ctx, &steps.AttachRequest{Uuid: h.id("ids"), Disk: "vdb"})
			return err
		},
		"grow": func(h *taken) error {
			_, err := h.machines.Grow(h.ctx, &steps.GrowRequest{Uuid: h.id("ids"), Disk: "vdb", Bytes: 4 << 30})
			return err
		},
		"detach": func(h *taken) error {
			_, err := h.machines.Detach(h.ctx, &steps.DetachRequest{Uuid: h.id("ids"), Disk: "vdb"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.image("tiny.qcow2")
			driver := slow{w.driver, make(chan struct{}), make(chan struct{})}
			w.config.Open = func(context.Context, names.Binding) (guests.Parts, error) {
				return guests.Parts{Driver: driver, Net: w.wires, Close: func() error { return nil }}, nil
			}
			w.stop()
			w.start()
			w.bind()
			h := &taken{world: w, ctx: spoken(t, helper.Version), conn: w.raw(t)}
			h.machines = steps.NewMachinesClient(h.conn)
			w.makeFor(mallory, rent, "ids")
			id := vm.UUID(h.id("ids"))
			must(t, w.client.Define(t.Context(), w.vm("ids")))
			must(t, w.client.Start(t.Context(), id))
			ended := make(chan error, 1)
			go func() { ended <- try(h) }()
			<-driver.entered
			// Both go on whatever the guest does: nobody is kept from stopping a VM.
			must(t, w.client.Stop(t.Context(), id))
			must(t, w.client.Undefine(t.Context(), id))
			brief, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if _, err := w.client.Wipe(brief, folderOf("ids")); err == nil {
				t.Error("its folder is free for another renter")
			}
			close(driver.leave)
			if err := <-ended; err == nil {
				t.Error("it was done to a VM that is gone")
			}
			w.wipe(folderOf("ids"))
		})
	}
}
