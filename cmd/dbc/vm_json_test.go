package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
)

// TestOneNamePerThing: --json always prints rent_id and disk.
func TestOneNamePerThing(t *testing.T) {
	t.Parallel()
	task := api.Task{TaskSummary: api.TaskSummary{TaskID: "4a1b", RentOrder: "7"}, Disks: []api.TaskDisk{{Name: "vda", Size: "10G"}}}
	for _, v := range []any{viewVM(task), vmRow{TaskSummary: task.TaskSummary, RentID: 7, MachineID: "ab"}} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if said := string(text); strings.Contains(said, "rent_order") || strings.Contains(said, `"name"`) || !strings.Contains(said, `"rent_id":7`) {
			t.Errorf("%s", said)
		}
	}
	text, _ := json.Marshal(viewVM(task))
	if !strings.Contains(string(text), `"disks":[{"disk":"vda","size":"10G"}]`) {
		t.Errorf("%s", text)
	}
	if id := rentIDOf("\x1b[31m"); id != 0 {
		t.Errorf("rental %d", id)
	}
}

// TestErrorsAsData: a program decides by codes, never by the sentence.
func TestErrorsAsData(t *testing.T) {
	t.Parallel()
	refusal := &client.NodeError{Code: "PORT_TAKEN", Field: "ssh_port", Value: "22", Limit: "5200-32767"}
	later := &client.NodeError{
		Code: "COOLDOWN", Retry: api.RetryAt, RetryAt: "2026-12-01T00:00:00Z", Fault: api.FaultChain, Params: map[string]string{"cause": "unreachable"},
	}
	for name, c := range map[string]struct {
		err  error
		want map[string]any
	}{
		"a node's": {fmt.Errorf("create: %w", refusal), map[string]any{"code": "PORT_TAKEN", "field": "ssh_port", "value": "22", "limit": "5200-32767"}},
		"one to repeat": {fmt.Errorf("rent: %w", later), map[string]any{
			"code": "COOLDOWN", "retry": "at", "retry_at": "2026-12-01T00:00:00Z", "fault": "chain", "params": map[string]any{"cause": "unreachable"},
		}},
		"the chain": {&chain.Refused{Codespace: "rental", Code: 9}, map[string]any{"codespace": "rental", "chain_code": 9.0, "retry": "never", "fault": "caller"}},
		"a cooldown": {
			&chain.Refused{Codespace: "rental", Code: 10, Log: `x details={"retry_at":"2026-11-30T09:00:00Z"}`},
			map[string]any{
				"codespace": "rental", "chain_code": 10.0, "retry": "at", "retry_at": "2026-11-30T09:00:00Z", "fault": "caller",
				"params": map[string]any{"retry_at": "2026-11-30T09:00:00Z"},
			},
		},
		"a VM's": {
			&client.TaskError{Reason: notice.New(notice.PausedDisk)}, map[string]any{"reason": map[string]any{"code": "PAUSED_DISK"}},
		},
		"another": {errors.New("x"), map[string]any{}},
	} {
		var out strings.Builder
		report(&cobra.Command{}, &settings{json: true}, &out, c.err)
		var said map[string]any
		if err := json.Unmarshal([]byte(out.String()), &said); err != nil {
			t.Fatal(err)
		}
		delete(said, "error")
		delete(said, "exit_code")
		if diff := cmp.Diff(c.want, said); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	var out strings.Builder
	report(&cobra.Command{}, &settings{}, &out, &client.TaskError{Reason: notice.New(notice.PausedDisk)})
	if !strings.Contains(out.String(), "PAUSED_DISK\nWhy: paused: the host's disk takes no more data") {
		t.Errorf("%q", out.String())
	}
}

func TestGPUsAsData(t *testing.T) {
	t.Parallel()
	var r machineRow
	for _, slot := range []gpuRow{{"test", "A", 1, 24}, {"test", "B", 2, 8}, {"test", "A", 1, 16}, {Kind: "none"}} {
		r.addSlot(slot)
	}
	want := []gpuRow{{"test", "A", 2, 16}, {"test", "B", 2, 8}}
	if diff := cmp.Diff(want, r.GPUs); diff != "" || r.GPUCount != 4 || gpuCounts(r.GPUs) != "2 × A, 2 × B" || gpuCounts(nil) != "none" {
		t.Errorf("%s %+v", diff, r)
	}
}
