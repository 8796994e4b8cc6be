package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/vm"
)

func TestEveryCheckHasWords(t *testing.T) {
	t.Parallel()
	for _, check := range slices.Concat(doctor.Checks, compute.Checks, []doctor.Check{checkResets, host.CheckSelfRent}) {
		w, ok := doctorWords[check]
		if !ok || w.name == "" || w.why == "" || w.fix(doctor.Finding{Check: check, Read: map[string]string{"code": "NO_RESET"}}) == "" {
			t.Errorf("%s has no words", check)
		}
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("../../hw/gpu/testdata/cases", "07-amd-iommu-off-in-firmware.txt"))
	if err != nil {
		t.Fatal(err)
	}
	dir := hwtest.Build(t, string(text)+"@file proc/7/comm Xorg\x1b[2J\n@link proc/7/fd/3 /dev/nvidia0\n")
	run := func(flags ...string) (string, error) {
		root, _ := newRootCommand(&settings{})
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetErr(&out)
		root.SetArgs(append([]string{"host", "doctor", "--root", dir}, flags...))
		err := root.ExecuteContext(t.Context())
		return out.String(), err
	}
	said, err := run()
	if !errors.Is(err, errDoctor) {
		t.Errorf("%v", err)
	}
	for _, want := range []string{"fail: IOMMU\n", "why:  it keeps", "do:   turn on IOMMU or AMD-Vi in the firmware", "Xorg?[2J (pid 7)", "to look at"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if strings.Contains(said, "pass: ") {
		t.Errorf("what passed is told unasked:\n%s", said)
	}
	if said, _ := run("--all"); !strings.Contains(said, "pass: processor's virtualization; read: flag=svm") {
		t.Errorf("\n%s", said)
	}
	var report doctor.Report
	said, _ = run("--json")
	if err := json.NewDecoder(strings.NewReader(said)).Decode(&report); err != nil || len(report.Findings) < len(doctor.Checks) {
		t.Errorf("%v in %s", err, said)
	}
}

// bench is a set of cards that a test defines.
type bench struct {
	slots []vm.Slot
	fails map[uint32]error
	done  []uint32
}

func (b *bench) Slots(context.Context) ([]vm.Slot, error) { return b.slots, nil }

func (b *bench) CheckSlot(_ context.Context, index uint32) error {
	b.done = append(b.done, index)
	return b.fails[index]
}

// TestResets: cards that nobody has are reset twice, and no other is touched.
func TestResets(t *testing.T) {
	t.Parallel()
	b := &bench{slots: []vm.Slot{
		{Index: 0, State: vm.SlotReady},
		{Index: 1, State: vm.SlotInUse, Holder: "a"},
		{Index: 2, State: vm.SlotQuarantined, Fault: "RESET_FAILED", Params: map[string]string{"error": "x"}},
		{Index: 3, State: vm.SlotResetting},
		{Index: 4, State: vm.SlotReady},
		{Index: 6, State: vm.SlotReady},
	}, fails: map[uint32]error{
		4: vm.RefuseSlot(vm.ErrSlotQuarantined, 4, "fault", "RESET_STUCK"), 6: vm.RefuseSlot(vm.ErrSlotHeld, 6, "holder", "b"),
	}}
	list, err := testResets(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range list {
		got = append(got, fmt.Sprint(f.Device, " ", f.Level, " ", f.Read["state"], f.Read["resets"], f.Read["fault"], f.Read["holder"]))
	}
	want := []string{
		"slot 0 pass ready2", "slot 1 pass in_use", "slot 2 fail quarantinedRESET_FAILED", "slot 3 pass resetting", "slot 4 fail quarantinedRESET_STUCK", "slot 6 pass in_use",
	}
	if !slices.Equal(got, want) || fmt.Sprint(b.done) != "[0 0 4 6]" {
		t.Errorf("%q, of %v", got, b.done)
	}
	var out bytes.Buffer
	doctorText(&out, doctor.Report{Findings: list}, false)
	if !strings.Contains(out.String(), "fail: test of resets of slot 2\n") || !strings.Contains(out.String(), "then: dbc host gpu check 4") {
		t.Error(out.String())
	}
	b.fails[0] = errors.New("the helper has ended")
	if _, err := testResets(t.Context(), b); err == nil || !strings.Contains(err.Error(), "slot 0: the helper has ended") {
		t.Errorf("%v", err)
	}
}
