package verify

import (
	"context"
	"fmt"
	"strconv"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/inventory"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// Chain is what is asked of it; *chain.Client implements it.
type Chain interface {
	Machine(ctx context.Context, id string) (machine.Listing, error)
	Rental(ctx context.Context, id uint64) (rental.Rental, error)
}

// Machine is the machine that the VM is on; *client.Node implements it.
type Machine interface {
	Inventory(ctx context.Context) (api.SignedInventory, error)
}

// Order is what to verify.
type Order struct {
	ChainID, MachineID string
	// Renter is the wallet's address, TaskID the VM that was asked for, and RentID the
	// rental that it must be of, 0 where that is not known: then it is any open one of
	// the wallet on the machine.
	Renter, TaskID string
	RentID         uint64
	// GPUs is how many GPUs the renter made the VM with; nil for all of the rental's
	// slots by the listing. The machine's own word would be whatever it gave.
	GPUs *int
	// Task is the VM as the machine answered, with its signature verified.
	Task  api.Task
	Chain Chain
	// On is asked for its inventory.
	On Machine
	// Shell runs the script in the guest; see SSH.
	Shell probe.Shell
}

// Verified is a report with what it is about.
type Verified struct {
	probe.Report
	MachineID string `json:"machine_id"`
	TaskID    string `json:"task_id"`
	RentID    uint64 `json:"rent_id"`
	// Rental is the chain's, for who advises the renter.
	Rental rental.Rental `json:"-"`
}

// VM compares a VM with its promise. The error is of the chain, without which there
// is nothing to compare with, of an Order that asks for something else, or of this
// computer (probe.ErrHere); whatever machine and guest do is a result.
func VM(ctx context.Context, o Order) (Verified, error) {
	id, err := strconv.ParseUint(o.Task.RentOrder, 10, 64)
	if err != nil {
		return Verified{}, fmt.Errorf("rental of %s: %.32q is no number", o.Task.TaskID, o.Task.RentOrder)
	}
	rented, err := o.Chain.Rental(ctx, id)
	if err != nil {
		return Verified{}, err
	}
	if err := o.own(id, rented); err != nil {
		return Verified{}, err
	}
	listed, err := o.Chain.Machine(ctx, o.MachineID)
	if err != nil {
		return Verified{}, err
	}
	facts := listed.Machine.Facts
	inventory, result := proved(ctx, o, facts)
	p, err := promise(facts, rented.Slots, o, inventory)
	if err != nil {
		return Verified{}, err
	}
	results, err := probe.Verify(ctx, p, o.Shell)
	if err != nil {
		return Verified{}, err
	}
	results = append([]probe.Result{result}, results...)
	return Verified{probe.NewReport(results...), o.MachineID, o.Task.TaskID, id, rented}, nil
}

// own refuses what the machine says the VM is where that is not the renter's.
func (o Order) own(id uint64, rented rental.Rental) error {
	switch {
	case o.Task.TaskID != o.TaskID:
		return fmt.Errorf("virtual machine %s: %w: the answer is of %.64q", o.TaskID, ErrForeign, o.Task.TaskID)
	case o.RentID != 0 && id != o.RentID:
		return fmt.Errorf("rental %d: %w: the VM was made in rental %d", id, ErrForeign, o.RentID)
	case rented.MachineId != o.MachineID:
		return fmt.Errorf("rental %d: %w: it is of machine %.64q", id, ErrForeign, rented.MachineId)
	case rented.Renter != o.Renter:
		return fmt.Errorf("rental %d: %w: it is of %.64q, not of %s", id, ErrForeign, rented.Renter, o.Renter)
	case rented.State != rental.RENTAL_STATE_TRIAL && rented.State != rental.RENTAL_STATE_ACTIVE:
		return fmt.Errorf("rental %d: %w: it is over, and no VM runs in it", id, ErrForeign)
	}
	return nil
}

// proved returns the machine's inventory, with nothing in it unless the result is a
// pass.
func proved(ctx context.Context, o Order, facts machine.Facts) (inventory.Inventory, probe.Result) {
	if len(facts.InventoryHash) == 0 {
		return inventory.Inventory{}, probe.Result{Check: probe.CheckInventory, Level: probe.Unmeasured, Code: probe.CodeUnlisted}
	}
	signed, err := o.On.Inventory(ctx)
	if err != nil {
		return inventory.Inventory{}, probe.Result{Check: probe.CheckInventory, Level: probe.Unmeasured, Code: probe.CodeNotSaid}
	}
	return Inventory(o.ChainID, o.MachineID, facts, signed)
}
