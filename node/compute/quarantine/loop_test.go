package quarantine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

const operatorAddress = "dbc1operator"

type key struct{ chain.Signer }

func (key) Address() string { return operatorAddress }

// market is a chain with one machine of three slots, and the host of their cards.
type market struct {
	machine machine.Machine
	states  []vm.SlotState
	sent    []string
	// lost: the message is accepted, and the reply is lost. fail: it is refused.
	lost, fail error
	// other is what somebody else does before a message is in a block.
	other func()
	// killed ends the program when it is about to send.
	killed bool
}

var errKilled = errors.New("killed")

func newMarket() *market {
	m := &market{states: []vm.SlotState{vm.SlotReady, vm.SlotInUse, vm.SlotReady}}
	m.machine = machine.Machine{Id: "id", Operator: operatorAddress, State: machine.MACHINE_STATE_ONLINE}
	for i := range m.states {
		m.machine.Facts.Slots = append(m.machine.Facts.Slots, machine.Slot{Kind: machine.SLOT_KIND_GPU, GpuIds: []string{fmt.Sprint("GPU-", i)}, GpuCount: 1})
	}
	return m
}

func (m *market) Machine(context.Context, string) (machine.Listing, error) {
	return machine.Listing{Machine: m.machine}, nil
}

func (m *market) Broadcast(_ context.Context, _ chain.Signer, msgs ...sdk.Msg) (chain.TxResult, error) {
	if m.killed {
		panic(errKilled)
	}
	if m.fail != nil {
		return chain.TxResult{}, m.fail
	}
	for _, msg := range msgs {
		set := msg.(*machine.MsgSetSlots)
		m.sent = append(m.sent, fmt.Sprint(set.OutOfService, set.InService))
		if m.other != nil {
			m.other()
		}
		out, err := m.machine.ChangeService(set.OutOfService, set.InService)
		if err != nil {
			return chain.TxResult{}, err
		}
		m.machine.OutOfService = out
	}
	return chain.TxResult{}, m.lost
}

func (m *market) slots(context.Context) ([]host.Slot, error) {
	var list []host.Slot
	for i, state := range m.states {
		list = append(list, host.Slot{Index: uint32(i), GPU: fmt.Sprint("GPU-", i), GPUs: 1, State: state})
	}
	return list, nil
}

func (m *market) loop(path string) *Loop {
	return New(Config{MachineID: "id", Operator: key{}, Record: path}, Deps{Chain: m, Slots: m.slots, Log: slog.New(slog.DiscardHandler)})
}

// A quarantined slot is taken out once, others never, across any number of restarts; it
// comes back when its host had it checked, and what somebody else took out stays out.
func TestLook(t *testing.T) {
	t.Parallel()
	m := newMarket()
	path := filepath.Join(t.TempDir(), "taken.json")
	look := func(want ...uint32) {
		t.Helper()
		for range 2 { // each time by a new start
			if err := m.loop(path).look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(m.machine.OutOfService, want) {
			t.Fatalf("%v are out, want %v; sent %v", m.machine.OutOfService, want, m.sent)
		}
	}
	look()
	m.machine.OutOfService = []uint32{2} // by hand
	look(2)
	m.states[0] = vm.SlotQuarantined
	look(0, 2)
	m.states[1], m.states[2] = vm.SlotQuarantined, vm.SlotQuarantined // also one that is rented
	look(0, 1, 2)
	m.states[0] = vm.SlotResetting
	look(0, 1, 2)
	m.states[0], m.states[2] = vm.SlotReady, vm.SlotReady
	look(1, 2)
	m.states[1] = host.SlotMissing
	look(1, 2)
	m.states[1] = vm.SlotInUse
	look(2)
	m.states[0] = vm.SlotQuarantined
	look(0, 2)
	m.machine.OutOfService = nil // by hand, while it is quarantined
	look(0)
	if len(m.sent) != 6 {
		t.Errorf("sent %v", m.sent)
	}
	// Other cards are listed: whatever is out was taken out by somebody else.
	m.machine.Facts.Slots, m.machine.OutOfService = []machine.Slot{{Kind: machine.SLOT_KIND_GPU, GpuIds: []string{"GPU-9"}}}, []uint32{0}
	look(0)
	m.machine.Facts.Slots, m.states = []machine.Slot{{Kind: machine.SLOT_KIND_NONE}}, nil
	look(0)
}

// What somebody else changed between the query and the message stays.
func TestAnotherWriter(t *testing.T) {
	t.Parallel()
	m := newMarket()
	path := filepath.Join(t.TempDir(), "taken.json")
	look := func(other []uint32, want ...uint32) {
		t.Helper()
		m.other = func() { m.machine.OutOfService = other }
		if err := m.loop(path).look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(m.machine.OutOfService, want) {
			t.Fatalf("%v are out, want %v; sent %v", m.machine.OutOfService, want, m.sent)
		}
	}
	m.states[0] = vm.SlotQuarantined
	look([]uint32{2}, 0, 2)
	m.states[0] = vm.SlotReady
	look([]uint32{0, 1}, 1)
}

// Killed before or after sending, the next start knows what was taken out.
func TestKilled(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(m *market, on bool){
		"before it is sent": func(m *market, on bool) { m.killed = on },
		"reply lost": func(m *market, on bool) {
			m.lost = nil
			if on {
				m.lost = chain.ErrUnreachable
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMarket()
			path := filepath.Join(t.TempDir(), "taken.json")
			die := func() {
				kill(m, true)
				defer kill(m, false)
				defer func() { _ = recover() }()
				_ = m.loop(path).look(t.Context())
			}
			for state, want := range map[vm.SlotState][]uint32{vm.SlotQuarantined: {1}} {
				m.states[1] = state
				die()
				if err := m.loop(path).look(t.Context()); err != nil || !slices.Equal(m.machine.OutOfService, want) {
					t.Errorf("%v, %v", m.machine.OutOfService, err)
				}
			}
			m.states[1] = vm.SlotReady
			die()
			if err := m.loop(path).look(t.Context()); err != nil || len(m.machine.OutOfService) != 0 {
				t.Errorf("%v, %v", m.machine.OutOfService, err)
			}
		})
	}
}

// What it cannot do is logged and retried, and nothing is changed.
func TestRefusals(t *testing.T) {
	t.Parallel()
	m := newMarket()
	m.states[0] = vm.SlotQuarantined
	path := filepath.Join(t.TempDir(), "taken.json")
	l := m.loop(path)
	l.cfg.Operator = nil
	if err := l.look(t.Context()); !errors.Is(err, ErrNoOperator) {
		t.Error(err)
	}
	m.machine.Operator = "dbc1another"
	if err := m.loop(path).look(t.Context()); !errors.Is(err, ErrNotOperator) {
		t.Error(err)
	}
	m.machine.Operator = operatorAddress
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.loop(path).look(t.Context()); !errors.Is(err, ErrRecord) || len(m.sent) > 0 {
		t.Error(err, m.sent)
	}
}

// The loop retries after a failure, and ends when it is told to.
func TestRun(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "taken.json")
	synctest.Test(t, func(t *testing.T) {
		m := newMarket()
		m.states[2], m.fail = vm.SlotQuarantined, chain.ErrUnreachable
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- m.loop(path).Run(ctx) }()
		synctest.Wait()
		if len(m.sent) > 0 {
			t.Errorf("sent %v", m.sent)
		}
		m.fail = nil
		time.Sleep(2 * period) //nolint:forbidigo // made-up time of a synctest bubble
		synctest.Wait()
		if !slices.Equal(m.sent, []string{"[2] []"}) {
			t.Errorf("sent %v", m.sent)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
