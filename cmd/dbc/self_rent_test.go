package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/vm"
)

// TestInside: the host finds what a renter would find, except what only a driver
// tells.
func TestInside(t *testing.T) {
	t.Parallel()
	pass := probe.Result{Check: probe.CheckCPUs, Level: probe.Pass, Code: probe.CodeSame}
	for name, c := range map[string]struct {
		results []probe.Result
		want    string
	}{
		"well":   {[]probe.Result{pass, pass, {Check: probe.CheckVRAM, Level: probe.Unmeasured, Code: probe.CodeNoDriver}}, "pass as_promised=2"},
		"a card": {[]probe.Result{pass, {Check: probe.CheckPCIIDs, Level: probe.Fail, Code: probe.CodeMissing, Expected: "10de:26b9"}}, "fail code=MISSING compared=pci_ids step=look want=10de:26b9"},
		"no room": {
			[]probe.Result{{Check: probe.CheckRegions, Level: probe.Fail, Code: probe.CodeUnassigned, Device: "0000:01:00.0", Params: map[string]string{"bar": "1"}}},
			"fail bar=1 code=UNASSIGNED compared=regions step=look",
		},
		"emulated": {[]probe.Result{{Check: probe.CheckCPUModel, Level: probe.Warn, Code: probe.CodeOther, Expected: "a", Read: "b"}}, "warn code=OTHER compared=cpu_model have=b step=look want=a"},
		"no login": {
			[]probe.Result{{Check: probe.CheckLogin, Level: probe.Unmeasured, Code: probe.CodeNoLogin, Params: map[string]string{"said": "no \x1b[2J"}}},
			`fail code=NO_LOGIN compared=login said=no \u001b[2J step=look`,
		},
	} {
		var got []string
		for _, f := range inside(c.results) {
			got = append(got, string(f.Level)+" "+readOf(f))
			if words := doctorWords[f.Check].fix(f); f.Level != doctor.Pass && words == "" {
				t.Errorf("%s: no words for %+v", name, f)
			}
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}

// TestAfterwards: a card that did not come back after its host's own rental fails.
func TestAfterwards(t *testing.T) {
	t.Parallel()
	list := afterwards([]vm.Slot{{Index: 0, State: vm.SlotReady}, {Index: 3, State: vm.SlotQuarantined, Fault: "RESET_FAILED", Params: map[string]string{"error": "x", "holder": "h"}}})
	if fmt.Sprint(list) != "[{self_rent pass slot 0 map[state:ready]} {self_rent fail slot 3 map[error:x fault:RESET_FAILED state:quarantined step:reset]}]" {
		t.Errorf("%v", list)
	}
	var out bytes.Buffer
	selfRentText(&out, host.SelfRented{RentID: 8, Rent: 100_000_000, Refunded: 100_000_000, Fee: 10_000_000, FeeToHost: 5_000_000, Gas: 1, Left: 5})
	doctorText(&out, doctor.Report{Findings: list}, false)
	for _, want := range []string{"rental 8; rent 100 DBC, of which 100 DBC came back; fee 10 DBC, of which 5 DBC", "Rental 5 of a run that was cut off", "dbc host gpu check 3"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// TestSelfRentText: what it cost is told of a run that only ended what was left, too,
// with when the next is granted; nothing of one that paid nothing.
func TestSelfRentText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		done       host.SelfRented
		want, none string
	}{
		"left": {
			host.SelfRented{Left: 5, Refunded: 90_000_000, Again: time.Date(2026, 12, 1, 12, 0, 1, 0, time.Local)},
			"rental 5 of a run that was cut off was ended; rent 0 DBC, of which 90 DBC", "ended first",
		},
		"again":   {host.SelfRented{RentID: 8, Again: time.Date(2026, 12, 1, 12, 0, 1, 0, time.Local)}, "from 2026-12-01 12:00:01.", "cut off"},
		"nothing": {host.SelfRented{}, "", "Self-rent"},
	} {
		var out bytes.Buffer
		selfRentText(&out, c.done)
		if !strings.Contains(out.String(), c.want) || strings.Contains(out.String(), c.none) {
			t.Errorf("%s: %q", name, out.String())
		}
	}
}
