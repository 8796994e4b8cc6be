package helper_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/dbc-network/dbc/node/guests/helper/steps"
)

// TestAddressIsOneGuests: a guest's emulator runs as the user of its address, so
// whoever took the node over gives no address to two guests that are defined,
// whatever runs, and no defined one another.
func TestAddressIsOneGuests(t *testing.T) {
	t.Parallel()
	hers := addrOf("hers").String()
	operate := func(h *taken, name string, op steps.Operation) error {
		_, err := h.machines.Operate(h.ctx, &steps.OperateRequest{Uuid: h.id(name), Operation: op})
		return err
	}
	seed := func(h *taken, name, addr string) error {
		_, err := h.files.WriteSeed(h.ctx, changed(h.seedOf(name), func(r *steps.WriteSeedRequest) { r.Addr = addr }))
		return err
	}
	define := func(h *taken, name string) error { // by the address of its seed
		_, err := h.machines.Define(h.ctx, h.define(name))
		return err
	}
	h := newTaken(t)
	must(t, operate(h, "hers", steps.Operation_OPERATION_STOP))
	must(t, operate(h, "mine", steps.Operation_OPERATION_STOP))
	if err := seed(h, "mine", hers); err == nil {
		t.Error("mallory's VM, which is defined, got the address of alice's, which is")
	}
	if err := seed(h, "mine", "10.9.0.253"); err == nil {
		t.Error("a VM that is defined, and with it its user, got another address")
	}
	must(t, operate(h, "mine", steps.Operation_OPERATION_UNDEFINE))
	if err := seed(h, "mine", hers); err == nil {
		t.Error("mallory's VM got the address of alice's, which is defined")
	}
	// Alice's is not defined now: its address is free until it is.
	must(t, operate(h, "hers", steps.Operation_OPERATION_UNDEFINE))
	must(t, seed(h, "mine", hers))
	must(t, define(h, "mine"))
	if err := define(h, "hers"); err == nil {
		t.Error("two guests of one address are defined")
	}
	must(t, operate(h, "mine", steps.Operation_OPERATION_UNDEFINE))
	must(t, define(h, "hers"))
	if err := define(h, "mine"); err == nil {
		t.Error("two guests of one address are defined")
	}
}

// TestAddressRace: the same, asked for at once.
func TestAddressRace(t *testing.T) {
	t.Parallel()
	h := newTaken(t)
	hers := addrOf("hers").String()
	for _, name := range []string{"hers", "mine"} {
		for _, op := range []steps.Operation{steps.Operation_OPERATION_STOP, steps.Operation_OPERATION_UNDEFINE} {
			_, err := h.machines.Operate(h.ctx, &steps.OperateRequest{Uuid: h.id(name), Operation: op})
			must(t, err)
		}
	}
	_, err := h.files.WriteSeed(h.ctx, changed(h.seedOf("mine"), func(r *steps.WriteSeedRequest) { r.Addr = hers }))
	must(t, err)
	for range 200 {
		var all sync.WaitGroup
		errs := make([]error, 2)
		for i, name := range []string{"hers", "mine"} {
			all.Go(func() {
				_, errs[i] = h.machines.Define(h.ctx, h.define(name))
			})
		}
		all.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("two guests of one address: %v", errors.Join(errs...))
		}
		for i, name := range []string{"hers", "mine"} {
			if errs[i] == nil {
				_, err := h.machines.Operate(h.ctx, &steps.OperateRequest{Uuid: h.id(name), Operation: steps.Operation_OPERATION_UNDEFINE})
				must(t, err)
			}
		}
	}
}
