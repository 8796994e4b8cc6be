// Package quarantine takes slots whose cards no VM can be given out of service on
// the chain, with the operator's key, and puts them back once their host has had
// them checked. It takes out no other slot, and puts back only what it took out
// itself.
package quarantine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

// period is the pause between two checks, also after a failure: meanwhile the
// node refuses renters these slots.
const period = 30 * time.Second

// Chain is what the loop needs of the chain; *chain.Client is one.
type Chain interface {
	Machine(ctx context.Context, id string) (machine.Listing, error)
	Broadcast(ctx context.Context, signer chain.Signer, msgs ...sdk.Msg) (chain.TxResult, error)
}

// Signer is the operator's key; *operator.Key is one.
type Signer interface {
	chain.Signer
	Address() string
}

// Config says whose slots they are.
type Config struct {
	MachineID string
	// Operator signs; if nil, the loop only logs that somebody has to.
	Operator Signer
	// Record is the file of slots taken out, in an existing folder.
	Record string
}

// Deps are the loop's dependencies.
type Deps struct {
	Chain Chain
	// Slots returns the listed slots with real cards, by index, as host.Host does.
	Slots func(ctx context.Context) ([]host.Slot, error)
	Log   *slog.Logger
}

// Loop keeps slots in service only while they can be given to VMs.
type Loop struct {
	cfg Config
	Deps
	// told is the last failure logged, so that it is not repeated.
	told string
}

// New returns a loop that does nothing before Run.
func New(cfg Config, deps Deps) *Loop { return &Loop{cfg: cfg, Deps: deps} }

// Run checks slots until ctx is done. A check waits until the chain accepted its message
// or never will; no message is sent for what is already so, so nothing is sent twice.
func (l *Loop) Run(ctx context.Context) error {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		err := l.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		l.tell(err)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// tell logs a failure once, until it changes or is over.
func (l *Loop) tell(err error) {
	said := ""
	if err != nil {
		said = err.Error()
	}
	if said != l.told && err != nil {
		l.Log.Error("slots can't be taken out of service or put back; trying again", "error", err)
	}
	l.told = said
}

// look compares the cards' states with their slots' service on the chain.
func (l *Loop) look(ctx context.Context) error {
	slots, err := l.Slots(ctx)
	if err != nil {
		return err
	}
	own, err := load(l.cfg.Record)
	if err != nil {
		return err
	}
	if len(slots) == 0 && len(own) == 0 {
		return nil // a machine without cards
	}
	listed, err := l.Chain.Machine(ctx, l.cfg.MachineID)
	if errors.Is(err, chain.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m := listed.Machine
	if m.State == machine.MACHINE_STATE_RETIRED || changed(m, slots) {
		return nil
	}
	want, taken := plan(m, slots, own)
	if !slices.Equal(own, taken) && len(taken) > 0 {
		// Slots are recorded as taken out before they are.
		if err := save(l.cfg.Record, merged(own, taken)); err != nil {
			return err
		}
	}
	if !slices.Equal(want, m.OutOfService) {
		if err := l.send(ctx, m, want, slots); err != nil {
			return err
		}
	}
	return save(l.cfg.Record, taken)
}

// changed reports whether the listing changed between the two queries.
func changed(m machine.Machine, slots []host.Slot) bool {
	return len(slots) > 0 && len(slots) != len(m.Facts.Slots) || slices.ContainsFunc(slots, func(s host.Slot) bool {
		return !slices.Contains(m.Facts.Slots[s.Index].GpuIds, s.GPU)
	})
}

// plan returns the slots that should be out of service, and the GPUs of those
// that this loop took out.
func plan(m machine.Machine, slots []host.Slot, own []string) (want []uint32, taken []string) {
	for _, s := range slots {
		mine, out := slices.Contains(own, s.GPU), slices.Contains(m.OutOfService, s.Index)
		bad := s.State == vm.SlotQuarantined || s.State == host.SlotMissing
		// During a reset the outcome is not known yet.
		stays := out && (!mine || s.State == vm.SlotResetting)
		if bad || stays {
			want = append(want, s.Index)
		}
		if bad && (!out || mine) || stays && mine {
			taken = append(taken, s.GPU)
		}
	}
	if len(slots) == 0 {
		want = slices.Clone(m.OutOfService) // other cards are listed: those out of service are not ours
	}
	slices.Sort(taken)
	return want, taken
}

// without returns the slots of one list that are not in the other.
func without(slots, others []uint32) []uint32 {
	return slices.DeleteFunc(slices.Clone(slots), func(slot uint32) bool { return slices.Contains(others, slot) })
}

func merged(a, b []string) []string {
	list := slices.Concat(a, b)
	slices.Sort(list)
	return slices.Compact(list)
}

func (l *Loop) send(ctx context.Context, m machine.Machine, want []uint32, slots []host.Slot) error {
	if l.cfg.Operator == nil {
		return fmt.Errorf("slots %v should be out of service, now %v are: %w", want, m.OutOfService, ErrNoOperator)
	}
	if has := l.cfg.Operator.Address(); has != m.Operator {
		return fmt.Errorf("slots %v should be out of service, now %v are: the key is %s, the machine's operator %s: %w", want, m.OutOfService, has, m.Operator, ErrNotOperator)
	}
	for _, s := range slots {
		if bad, out := slices.Contains(want, s.Index), slices.Contains(m.OutOfService, s.Index); bad != out {
			l.Log.Warn("a slot's service changes", "slot", s.Index, "number", s.Number, "in_service", !bad, "state", s.State, "fault", s.Fault, "params", s.Params)
		}
	}
	msg := &machine.MsgSetSlots{Operator: m.Operator, MachineId: m.Id, OutOfService: without(want, m.OutOfService), InService: without(m.OutOfService, want)}
	tx, err := l.Chain.Broadcast(ctx, l.cfg.Operator, msg)
	if err != nil {
		return fmt.Errorf("take slots %v out of service and put %v back: %w", msg.OutOfService, msg.InService, err)
	}
	l.Log.Info("slots out of service were changed", "out_of_service", msg.OutOfService, "in_service", msg.InService, "height", tx.Height, "tx", tx.Hash)
	return nil
}
