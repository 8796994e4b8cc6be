package helper_test

import (
	"errors"
	"testing"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/record"
)

// TestNobodyBecomesAnotherVM: whoever has disks of his own cannot have them make the
// VM of another renter, whose console and password would then be his to sign for.
func TestNobodyBecomesAnotherVM(t *testing.T) {
	t.Parallel()
	h := newTaken(t)
	ctx := t.Context()
	become := func(name string) error { // as TestRestoreAfresh, with the task of somebody else
		p := sign(t, mallory, guests.PathCreate, map[string]any{"restore_task_id": folderOf("his"), "ssh_public_keys": []string{someKey}})
		if err := h.client.TakeOver(ctx, folderOf("his"), guests.Claim{TaskID: folderOf(name), RentID: rent, Proof: &p}); err != nil {
			return err
		}
		d := h.seed(rent, name)
		d.Addr, d.AuthorizedKeys = h.seed(rented, "free").Addr, []string{someKey}
		return h.client.WriteSeed(ctx, folderOf("his"), d)
	}
	h.makeFor(mallory, rented, "his")
	for _, name := range []string{"hers", "kept"} {
		if err := become(name); !errors.Is(err, record.ErrShared) {
			t.Errorf("mallory's disks as the VM of task %s: %v", name, err)
		}
	}
	// The other way round he is first, and alice's VM is not made.
	must(t, become("later"))
	claim := guests.Claim{TaskID: folderOf("later"), RentID: rent, Wallet: alice.Address()}
	if err := h.client.MakeSystem(ctx, folderOf("later"), claim, "tiny.qcow2", 10); !errors.Is(err, record.ErrShared) {
		t.Errorf("alice's disks as a VM that mallory made: %v", err)
	}
	h.safe("after all")
}
