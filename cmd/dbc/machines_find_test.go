package main

import (
	"reflect"
	"slices"
	"testing"

	"github.com/dbc-network/dbc/x/machine"
)

// TestFindByNotice: the index is asked for what the chain's machines are filtered by, and
// both have what can't be left last.
func TestFindByNotice(t *testing.T) {
	t.Parallel()
	f := machineFilter{maxNotice: 86_400, sort: "notice"}
	q := f.query()
	if string(q.Filters["exit_notice_seconds_max"]) != "86400" || q.Order != "exit_notice_seconds" {
		t.Errorf("%s by %s", q.Filters, q.Order)
	}
	if _, asked := (machineFilter{sort: "notice"}).query().Filters["exit_notice_seconds_max"]; asked {
		t.Error("without --max-notice every machine fits")
	}
	at, _ := f.order()
	var places []uint64
	for _, c := range []struct {
		notice uint64
		fits   bool
	}{{3_600, true}, {86_400, true}, {86_401, false}, {0, false}} {
		m := machine.Machine{ExitNoticeSeconds: c.notice, State: machine.MACHINE_STATE_ONLINE}
		r := chainRow(machine.Listing{Machine: m})
		if f.fits(m, r) != c.fits || !(machineFilter{}).fits(m, r) {
			t.Errorf("a notice of %d: %t, want %t", c.notice, !c.fits, c.fits)
		}
		places = append(places, sortable[at].of(r))
	}
	if !slices.IsSorted(places) {
		t.Errorf("%v", places)
	}
}

// TestFilterText: a run that an earlier version recorded is recognized, and another
// notice is another wish.
func TestFilterText(t *testing.T) {
	t.Parallel()
	var f upFlags
	for notice, want := range map[uint64]string{0: `[null,"",0,0,0,0,""]`, 3_600: `[null,"",0,0,0,0,"",3600]`} {
		f.filter.maxNotice = notice
		if text, err := f.filterText(); err != nil || text != want {
			t.Errorf("%d: %s, %v", notice, text, err)
		}
	}
}

// TestRecall: a run that goes on without its options rents what it was to rent.
func TestRecall(t *testing.T) {
	t.Parallel()
	for _, wish := range []upFlags{
		{filter: upFilter{machineFilter: machineFilter{slots: 1}}},
		{machine: "1f", filter: upFilter{perGPU: 7, machineFilter: machineFilter{
			slots: 2, gpus: []string{"RTX 4090", "A"}, country: "DE", vramGiB: 3, cpus: 4, memoryGiB: 5, maxNotice: 3_600,
		}}},
	} {
		text, err := wish.filterText()
		if err != nil {
			t.Fatal(err)
		}
		got := upFlags{filter: upFilter{machineFilter: machineFilter{slots: 1}}}
		if err := got.recall(upWish{Slots: wish.filter.slots, Filter: text}); err != nil || !reflect.DeepEqual(got, wish) {
			t.Errorf("%s: %+v, %v, want %+v", text, got, err, wish)
		}
	}
	if err := new(upFlags).recall(upWish{Filter: "x"}); err == nil {
		t.Error("a damaged record was taken")
	}
}
