package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/x/rental"
)

var (
	// noon is the newest block's time, before that when a rental of a killed run began.
	noon   = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	before = noon.Add(-5 * time.Minute)
)

// fakeMarket is a chain and a machine on it, whose steps fail as a test says. Like
// the real chain it grants no trial of a machine soon after one was refunded.
type fakeMarket struct {
	t       *testing.T
	records string
	did     []string
	fail    map[string]error
	rentals map[uint64]rental.Rental
	earlier bool
	// cooldown is the chain's parameter, until when the wallet is refused.
	cooldown time.Duration
	until    time.Time
	// stop ends the context at a step.
	stop map[string]context.CancelFunc
}

func (m *fakeMarket) step(name string) error {
	m.did = append(m.did, name)
	if end := m.stop[name]; end != nil {
		end()
	}
	return m.fail[name]
}

func (m *fakeMarket) open(id uint64, order market.Order) market.Rented {
	m.rentals[id] = rental.Rental{Id: id, Renter: "dbc1host", MachineId: order.MachineID, State: rental.RENTAL_STATE_TRIAL, Start: noon, Paid: 100, Fee: 10}
	return market.Rented{RentID: id, Rent: 100, Fee: 10, End: noon.Add(time.Duration(order.Seconds) * time.Second), Tx: chain.TxResult{Fee: 3, Time: noon}}
}

func (m *fakeMarket) Earlier(_ context.Context, order market.Order) (market.Rented, bool, error) {
	if _, over := m.rentals[7]; m.earlier && !over {
		return m.open(7, order), true, nil
	}
	return market.Rented{RentID: 7}, m.earlier, nil
}

func (m *fakeMarket) Quote(context.Context, market.Order) (*rental.QueryQuoteResponse, error) {
	return &rental.QueryQuoteResponse{Slots: []uint32{2}}, m.step("quote")
}

func (m *fakeMarket) Rent(_ context.Context, order market.Order, _ *rental.QueryQuoteResponse) (market.Rented, error) {
	if err := m.step("rent"); err != nil {
		return market.Rented{}, err
	}
	if noon.Before(m.until) {
		return market.Rented{}, rental.ErrCooldown.Wrapf("the next may begin at %s", m.until)
	}
	return m.open(8, order), nil
}

func (m *fakeMarket) Cancel(ctx context.Context, id uint64, cause rental.Cause) (market.Cancelled, error) {
	if err := errors.Join(ctx.Err(), m.step(fmt.Sprint("cancel ", id, " ", cause))); err != nil {
		return market.Cancelled{}, err
	}
	r := m.rentals[id]
	r.State, m.until = rental.RENTAL_STATE_REFUNDED, noon.Add(m.cooldown)
	m.rentals[id] = r
	return market.Cancelled{Refunded: 100, FeeToHost: 5, FeeToPool: 5, Tx: chain.TxResult{Fee: 2, Time: noon}}, nil
}

func (m *fakeMarket) selfRent() SelfRent {
	return SelfRent{
		Records: m.records, Renter: m, Address: "dbc1host", Cooldown: m.cooldown, Say: func(string) {},
		Head: func(context.Context) (chain.Head, error) {
			return chain.Head{ChainID: "dbc-devnet-1", GenesisHash: [32]byte{0xab}, Time: noon}, m.fail["head"]
		},
		Rental: func(_ context.Context, id uint64) (rental.Rental, error) {
			r, ok := m.rentals[id]
			if !ok {
				return r, fmt.Errorf("rental %d: %w", id, chain.ErrNotFound)
			}
			return r, m.fail["rental"]
		},
		Ready: func(_ context.Context, slots []uint32) error {
			if !slices.Equal(slots, []uint32{2}) {
				m.t.Errorf("asked for %d, which are not quoted", slots)
			}
			return m.step("ready")
		},
		Create: func(_ context.Context, id uint64) (task api.Task, err error) {
			if text, err := os.ReadFile(note{}.path(m.records)); err != nil || strings.TrimSpace(string(text)) != (note{id: id, start: noon}).text() {
				m.t.Errorf("the record is %s, %v", text, err)
			}
			task.TaskID = "t"
			return task, m.step("create")
		},
		Look: func(context.Context, uint64, api.Task) ([]doctor.Finding, error) {
			return []doctor.Finding{{Check: CheckSelfRent, Level: doctor.Pass}}, m.step("look")
		},
	}
}

// note is a record as a run leaves it, the fields given differ from the machine's.
type note struct {
	genesis, machine string
	id               uint64
	start            time.Time
	garbled          string
}

func (n note) path(folder string) string {
	return filepath.Join(folder, "self-rent-"+cmp.Or(n.genesis, "ab")+strings.Repeat("0", 62)+"-"+cmp.Or(n.machine, "m")+".json")
}

func (n note) text() string {
	if n.start.IsZero() {
		n.start = before
	}
	return cmp.Or(n.garbled, fmt.Sprintf(`{"rent_id":%d,"start":%q}`, cmp.Or(n.id, 5), n.start.Format(time.RFC3339)))
}

// TestSelfRent: whatever happens after a machine was rented, the trial is ended, and
// a run that was killed is ended by the next, which ends no other rental.
func TestSelfRent(t *testing.T) {
	t.Parallel()
	const (
		end     = "cancel 8 CAUSE_CHANGED_MIND"
		endLeft = "cancel 5 CAUSE_CHANGED_MIND"
		day     = 24 * time.Hour
	)
	wrong := errors.New("wrong\x1b[2J")
	all := []string{"quote", "ready", "rent", "create", "look", end}
	trial := rental.Rental{Id: 5, Renter: "dbc1host", MachineId: "m", State: rental.RENTAL_STATE_TRIAL, Start: before, Paid: 90, Fee: 9}
	other := func(change func(*rental.Rental)) map[uint64]rental.Rental {
		r := trial
		change(&r)
		return map[uint64]rental.Rental{5: r}
	}
	left := map[uint64]rental.Rental{5: trial}
	refunded := other(func(r *rental.Rental) { r.State = rental.RENTAL_STATE_REFUNDED })
	for name, c := range map[string]struct {
		fail    map[string]error
		stop    string
		earlier bool
		record  *note
		// rentals are those that the chain has; until is when a cooldown ends.
		rentals  map[uint64]rental.Rental
		cooldown time.Duration
		until    time.Time
		want     []string
		// left says that the record is still there, failed which error is told,
		// found which step a finding names.
		left   bool
		failed error
		found  string
		done   SelfRented
	}{
		"well": {
			want: all, cooldown: day,
			done: SelfRented{RentID: 8, TaskID: "t", Rent: 100, Refunded: 100, Fee: 10, FeeToHost: 5, FeeToPool: 5, Gas: 5, Ended: true, Again: noon.Add(day + time.Second)},
		},
		"no chain":             {fail: map[string]error{"head": wrong}, failed: wrong},
		"rented before":        {earlier: true, want: []string{"create", "look", "cancel 7 CAUSE_CHANGED_MIND"}},
		"rented long before":   {earlier: true, rentals: map[uint64]rental.Rental{7: refunded[5]}, want: all},
		"no quote":             {fail: map[string]error{"quote": wrong}, want: []string{"quote"}, failed: wrong},
		"nothing to rent with": {fail: map[string]error{"ready": wrong}, want: []string{"quote", "ready"}, failed: wrong},
		"not rented":           {fail: map[string]error{"rent": wrong}, want: []string{"quote", "ready", "rent"}, failed: wrong},
		"too soon":             {until: noon.Add(1), want: []string{"quote", "ready", "rent"}, failed: rental.ErrCooldown},
		"no VM":                {fail: map[string]error{"create": wrong}, want: []string{"quote", "ready", "rent", "create", end}, found: "create"},
		"no login":             {fail: map[string]error{"look": wrong}, want: all, found: "log in"},
		"no ssh here":          {fail: map[string]error{"look": probe.ErrHere}, want: all, failed: probe.ErrHere},
		"no end":               {fail: map[string]error{end: wrong}, want: all, failed: wrong, left: true},
		"Ctrl-C in create": {
			stop: "create", fail: map[string]error{"create": context.Canceled}, want: []string{"quote", "ready", "rent", "create", end},
			failed: context.Canceled, found: "create",
		},
		"Ctrl-C in look": {stop: "look", want: all, failed: context.Canceled},
		"killed before": {
			record: &note{}, rentals: left, cooldown: day, want: []string{endLeft}, failed: ErrCooldown,
			done: SelfRented{Left: 5, Rent: 90, Refunded: 100, Fee: 9, FeeToHost: 5, FeeToPool: 5, Gas: 2, Ended: true, Again: noon.Add(day + time.Second)},
		},
		"killed before, without a cooldown": {
			record: &note{}, rentals: left, want: slices.Concat([]string{endLeft}, all),
			done: SelfRented{RentID: 8, TaskID: "t", Rent: 100, Refunded: 100, Fee: 10, FeeToHost: 5, FeeToPool: 5, Gas: 5, Ended: true, Left: 5},
		},
		"killed before, not ended":        {record: &note{}, rentals: left, fail: map[string]error{endLeft: wrong}, want: []string{endLeft}, failed: wrong, left: true},
		"killed before, the chain silent": {record: &note{}, rentals: left, fail: map[string]error{"rental": wrong}, failed: wrong, left: true},
		"killed, then ended":              {record: &note{}, rentals: refunded, want: all},
		"killed, another's":               {record: &note{}, rentals: other(func(r *rental.Rental) { r.Renter = "dbc1other" }), failed: ErrLeft, left: true},
		// The same number on another chain, or of another rental, is nobody's business.
		// Its own run ends it.
		"on another network":   {record: &note{genesis: "cd"}, rentals: left, want: all, left: true},
		"of another machine":   {record: &note{machine: "n"}, rentals: left, want: all, left: true},
		"on another machine":   {record: &note{}, rentals: other(func(r *rental.Rental) { r.MachineId = "n" }), want: all},
		"at another time":      {record: &note{}, rentals: other(func(r *rental.Rental) { r.Start = noon }), want: all},
		"not on the chain":     {record: &note{}, want: all},
		"a note of its number": {record: &note{garbled: `{"rent_id":5}`}, rentals: left, want: all},
		"an unreadable note":   {record: &note{garbled: "{"}, rentals: left, failed: errAny, left: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records := t.TempDir()
			record := note{}.path(records)
			if c.record != nil {
				record = c.record.path(records)
				if err := os.WriteFile(record, []byte(c.record.text()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			m := &fakeMarket{
				t: t, records: records, fail: c.fail, earlier: c.earlier, rentals: map[uint64]rental.Rental{}, cooldown: c.cooldown, until: c.until,
				stop: map[string]context.CancelFunc{c.stop: cancel},
			}
			for id, r := range c.rentals {
				m.rentals[id] = r
			}
			done, findings, err := m.selfRent().Run(ctx, market.Order{MachineID: "m", Seconds: 3600})
			if !slices.Equal(m.did, c.want) || (err != nil) != (c.failed != nil) || err != nil && !errors.Is(c.failed, errAny) && !errors.Is(err, c.failed) {
				t.Errorf("%q, %v; want %q, %v", m.did, err, c.want, c.failed)
			}
			if _, err := os.Lstat(record); (err == nil) != c.left {
				t.Errorf("the record: %v", err)
			}
			found := ""
			for _, f := range findings {
				found += f.Read["step"]
				if strings.Contains(f.Read["error"], "\x1b") {
					t.Errorf("%q", f.Read)
				}
			}
			if found != c.found {
				t.Errorf("found %q, want %q", found, c.found)
			}
			if c.done != (SelfRented{}) && done != c.done {
				t.Errorf("%+v", done)
			}
		})
	}
}

// errAny stands for an error that is no sentinel.
var errAny = errors.New("any")
