package metrics

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/books"
	"github.com/dbc-network/dbc/node/compute/health"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/exporter"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/vm"
)

const renter = "dbc1q9c8rlx5h9vd3qkq5p6x0t5x9c2vkq3mzsf5xy"

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func sources(t *testing.T) Sources {
	return Sources{
		Tasks: func() ([]journal.Task, error) {
			held := journal.Reservation{CPUs: 2, MemoryMiB: 512, DiskGiB: 10, Slots: []uint32{0}, Ports: make([]journal.Port, 3), Addr: netip.MustParseAddr("172.31.224.2")}
			return []journal.Task{
				{ID: "3mJr7AoUXx2Wqd4yHw9kPz", Rental: journal.Rental{Renter: renter}, Login: journal.Login{Password: "hunter2"}, Progress: journal.Progress{State: lifecycle.Running}, Reserved: held},
				{ID: "4mJr7AoUXx2Wqd4yHw9kPz", Rental: journal.Rental{Renter: renter}, Progress: journal.Progress{State: lifecycle.Running}, Reserved: held},
				{ID: "5mJr7AoUXx2Wqd4yHw9kPz", Rental: journal.Rental{Renter: renter}, Progress: journal.Progress{State: lifecycle.Closed}, Reserved: journal.Reservation{DiskGiB: 5}},
				{ID: "6mJr7AoUXx2Wqd4yHw9kPz", Rental: journal.Rental{Renter: renter}, Progress: journal.Progress{State: lifecycle.Closed}, Keep: journal.Keep{LentTo: "x"}},
			}, nil
		},
		Word: func() trust.Word {
			return trust.Word{Height: 42, Time: now.Add(-3 * time.Second), Open: map[uint64]trust.Rental{7: {ID: 7, Renter: renter}}}
		},
		Slots: func(context.Context) ([]host.Slot, error) {
			return []host.Slot{{State: vm.SlotReady}, {State: vm.SlotQuarantined}, {State: vm.SlotQuarantined}}, nil
		},
		Health: func() health.Report {
			return health.Report{Examined: now, Findings: []doctor.Finding{
				{Check: doctor.CheckIOMMU, Level: doctor.Pass}, {Check: doctor.CheckReset, Level: doctor.Fail}, {Check: doctor.CheckReset, Level: doctor.Warn}, {Check: doctor.CheckSwap, Level: doctor.Warn},
			}}
		},
		Capacity: host.Capacity{Amount: host.Amount{CPUs: 8, MemoryMiB: 2048, DiskGiB: 100}, GPUs: []int{1, 1}},
		Period:   5 * time.Second, Confined: true, Disks: map[string]string{"data": t.TempDir()}, Now: func() time.Time { return now },
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	m := New(sources(t))
	m.Reconciled(20*time.Millisecond, nil)
	m.Reconciled(time.Second, errors.New("no"))
	m.Stepped("disk", 30*time.Millisecond, nil)
	m.Stepped("disk", time.Minute, errors.New("full"))
	m.Answered("")
	m.Answered("PORT_TAKEN")
	want := `
# HELP dbc_api_requests_total Calls of the API by the code of their answer, OK among them.
# TYPE dbc_api_requests_total counter
dbc_api_requests_total{code="OK"} 1
dbc_api_requests_total{code="PORT_TAKEN"} 1
# HELP dbc_capacity What the machine has for renters, by resource.
# TYPE dbc_capacity gauge
dbc_capacity{resource="cpus"} 8
dbc_capacity{resource="disk_bytes"} 1.073741824e+11
dbc_capacity{resource="memory_bytes"} 2.147483648e+09
dbc_capacity{resource="slots"} 2
# HELP dbc_card_slots Listed slots with real GPUs by state: ready, in_use, resetting, quarantined, missing.
# TYPE dbc_card_slots gauge
dbc_card_slots{state="in_use"} 0
dbc_card_slots{state="missing"} 0
dbc_card_slots{state="quarantined"} 2
dbc_card_slots{state="ready"} 1
dbc_card_slots{state="resetting"} 0
# HELP dbc_chain_block_age_seconds How old that block is.
# TYPE dbc_chain_block_age_seconds gauge
dbc_chain_block_age_seconds 3
# HELP dbc_chain_height The height of the newest block that the node believes.
# TYPE dbc_chain_height gauge
dbc_chain_height 42
# HELP dbc_chain_open_rentals Open rentals of this machine.
# TYPE dbc_chain_open_rentals gauge
dbc_chain_open_rentals 1
# HELP dbc_chain_trusted 1 while the node believes the chain, else 0: then it grants and destroys nothing.
# TYPE dbc_chain_trusted gauge
dbc_chain_trusted 1
# HELP dbc_doctor_check Each check of dbc host doctor that the node makes of itself: 0 passed, 1 to look at, 2 failed.
# TYPE dbc_doctor_check gauge
dbc_doctor_check{check="iommu"} 0
dbc_doctor_check{check="reset"} 2
dbc_doctor_check{check="swap"} 1
# HELP dbc_doctor_last_timestamp_seconds When the node last made them.
# TYPE dbc_doctor_last_timestamp_seconds gauge
dbc_doctor_last_timestamp_seconds 1.795608e+09
# HELP dbc_guests_confined 1 where AppArmor or SELinux confines guests, else 0: then only users of their own do.
# TYPE dbc_guests_confined gauge
dbc_guests_confined 1
# HELP dbc_reconcile_errors_total Comparisons that failed: the journal or the hypervisor did not answer.
# TYPE dbc_reconcile_errors_total counter
dbc_reconcile_errors_total 1
# HELP dbc_reconcile_period_seconds The period of the reconcile loop.
# TYPE dbc_reconcile_period_seconds gauge
dbc_reconcile_period_seconds 5
# HELP dbc_reserved What VMs hold, by resource: cpus, memory_bytes, disk_bytes, slots, ports.
# TYPE dbc_reserved gauge
dbc_reserved{resource="cpus"} 4
dbc_reserved{resource="disk_bytes"} 2.68435456e+10
dbc_reserved{resource="memory_bytes"} 1.073741824e+09
dbc_reserved{resource="ports"} 6
dbc_reserved{resource="slots"} 2
# HELP dbc_vms VMs by state, closed ones with kept disks among them.
# TYPE dbc_vms gauge
dbc_vms{state="closed"} 1
dbc_vms{state="create error"} 0
dbc_vms{state="creating"} 0
dbc_vms{state="deleting"} 0
dbc_vms{state="running"} 2
dbc_vms{state="start error"} 0
`
	err := testutil.GatherAndCompare(m.exporter.Gatherer(), strings.NewReader(want), "dbc_api_requests_total", "dbc_capacity", "dbc_reserved", "dbc_vms",
		"dbc_card_slots", "dbc_chain_block_age_seconds", "dbc_chain_height", "dbc_chain_open_rentals", "dbc_chain_trusted", "dbc_doctor_check", "dbc_doctor_last_timestamp_seconds",
		"dbc_reconcile_errors_total", "dbc_reconcile_period_seconds")
	if err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(m.exporter.Gatherer()); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

func get(t *testing.T, m *Metrics, host string) (int, string) {
	t.Helper()
	h := m.Handler(httpapi.Guard{Listen: netip.MustParseAddrPort("127.0.0.1:9464")}, slog.New(slog.DiscardHandler))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+exporter.Path, nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body)
}

func TestHandler(t *testing.T) {
	t.Parallel()
	m := New(sources(t))
	m.Stepped("disk", time.Second, nil)
	m.Reconciled(time.Second, nil)
	code, body := get(t, m, "127.0.0.1:9464")
	for _, want := range []string{
		`dbc_step_duration_seconds_count{outcome="done",step="disk"} 1`, "dbc_reconcile_duration_seconds_count 1", "dbc_reconcile_last_success_timestamp_seconds ",
		`dbc_disk_free_bytes{disk="data"}`, "process_resident_memory_bytes", "go_goroutines",
	} {
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%d, without %s", code, want)
		}
	}
	for _, secret := range []string{renter, "hunter2", "3mJr7AoUXx2Wqd4yHw9kPz", "172.31.224.2"} {
		if strings.Contains(body, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
	if code, _ := get(t, m, "evil.example:9464"); code != http.StatusForbidden {
		t.Errorf("a foreign Host: %d", code)
	}
}

// TestOneSourceFails verifies that the others are still exported.
func TestOneSourceFails(t *testing.T) {
	t.Parallel()
	s := sources(t)
	s.Tasks = func() ([]journal.Task, error) { return nil, errors.New("no journal") }
	s.Word = func() trust.Word { return trust.Word{Doubt: trust.ErrSilent} }
	code, body := get(t, New(s), "127.0.0.1:9464")
	if code != http.StatusOK || !strings.Contains(body, "dbc_chain_trusted 0") || strings.Contains(body, "dbc_vms") || strings.Contains(body, "block_age") {
		t.Errorf("%d %s", code, body)
	}
}

// TestMoneyAndHelper: stake and earnings in udbc, and what the helper says of itself.
func TestMoneyAndHelper(t *testing.T) {
	t.Parallel()
	s := sources(t)
	s.Books = func() books.Sums { return books.Sums{} }
	s.Problem = func() *api.Problem { return nil }
	s.Helper = func(context.Context) (helper.Stats, error) {
		return helper.Stats{
			Version: "9.9", Started: now, Calls: []helper.CallCount{{Method: "Machines/Define", Outcome: "done", Count: 3, Took: 1500 * time.Millisecond}},
			Running: 2, Limit: 256, TurnedAway: 1, ResetsDone: 4, ResetsFailed: 1,
		}, nil
	}
	m := New(s)
	want := `
# HELP dbc_cards_resets_total Resets of cards by outcome.
# TYPE dbc_cards_resets_total counter
dbc_cards_resets_total{outcome="done"} 4
dbc_cards_resets_total{outcome="failed"} 1
# HELP dbc_helper_call_seconds_total How long they took together, without streams.
# TYPE dbc_helper_call_seconds_total counter
dbc_helper_call_seconds_total{method="Machines/Define",outcome="done"} 1.5
# HELP dbc_helper_calls_total Calls that the helper answered, by method and outcome: done, refused, failed, cancelled.
# TYPE dbc_helper_calls_total counter
dbc_helper_calls_total{method="Machines/Define",outcome="done"} 3
# HELP dbc_helper_up 1 where the node's helper answers, else 0.
# TYPE dbc_helper_up gauge
dbc_helper_up 1
`
	if err := testutil.GatherAndCompare(m.exporter.Gatherer(), strings.NewReader(want), "dbc_cards_resets_total", "dbc_helper_call_seconds_total", "dbc_helper_calls_total",
		"dbc_helper_up", "dbc_machine_stake_udbc"); err != nil {
		t.Error(err) // of books that were never read there is nothing
	}
	s.Books = func() books.Sums {
		return books.Sums{Read: now, Stake: 900, Required: 1000, Earned: 37, Claimed: 17, Unclaimed: 20}
	}
	s.Helper = func(context.Context) (helper.Stats, error) { return helper.Stats{}, vm.ErrUnavailable }
	m = New(s)
	want = `
# HELP dbc_helper_up 1 where the node's helper answers, else 0.
# TYPE dbc_helper_up gauge
dbc_helper_up 0
# HELP dbc_machine_earned_udbc Rent that the machine earned so far, of rentals that the chain still knows.
# TYPE dbc_machine_earned_udbc gauge
dbc_machine_earned_udbc 37
# HELP dbc_machine_stake_required_udbc The stake that the machine needs; below nine tenths of it, it takes no new rental.
# TYPE dbc_machine_stake_required_udbc gauge
dbc_machine_stake_required_udbc 1000
# HELP dbc_machine_stake_udbc The machine's stake.
# TYPE dbc_machine_stake_udbc gauge
dbc_machine_stake_udbc 900
`
	if err := testutil.GatherAndCompare(m.exporter.Gatherer(), strings.NewReader(want), "dbc_helper_up", "dbc_helper_calls_total", "dbc_machine_earned_udbc",
		"dbc_machine_stake_udbc", "dbc_machine_stake_required_udbc"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(m.exporter.Gatherer()); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
