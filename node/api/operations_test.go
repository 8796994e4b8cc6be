package api_test

import (
	"net/http"
	"testing"

	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/host"
)

const sampleID = "3mJr7AoUXx2Wqd4yHw9kPz"

func TestOperations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, additional string
		want             string
	}{
		"start":              {api.PathTaskBoot + sampleID, `{}`, "start [7]"},
		"stop":               {api.PathTaskStop + sampleID, `{}`, "shutdown [7]"},
		"shutdown":           {api.PathTaskShut + sampleID, `{}`, "shutdown [7]"},
		"poweroff":           {api.PathTaskOff + sampleID, `{}`, "poweroff [7]"},
		"reset":              {api.PathTaskReset + sampleID, `{}`, "reset [7]"},
		"restart":            {api.PathTaskRestart + sampleID, `{}`, "restart [7]"},
		"restart by force":   {api.PathTaskRestart + sampleID, `{"force_reboot":"true"}`, "restart with force_reboot [7]"},
		"restart as of old":  {api.PathTaskRestart + sampleID + "?force_reboot=true", `{}`, "restart with force_reboot [7]"},
		"restart, not by it": {api.PathTaskRestart + sampleID + "?force_reboot=false", `{"force_reboot":false}`, "restart [7]"},
		"modify": {
			api.PathTaskModify + sampleID, `{"new_ssh_port":"5300","new_cpu_cores":4,"new_mem_size":"2","new_custom_port":["udp,5301:53"]}`,
			"modify [7] {CPUs:4 MemoryMiB:2048 SSHPort:5300 Ports:[{Protocol:udp Host:5301 Guest:53}]}",
		},
		"modify, empty": {
			api.PathTaskModify + sampleID, `{"new_ssh_port":"","new_custom_port":[],"new_cpu_cores":"2"}`,
			"modify [7] {CPUs:2 MemoryMiB:0 SSHPort:0 Ports:[]}",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			status, reply := b.ask(alice, c.path, c.additional, nil)
			if status != http.StatusOK || string(reply.Message) != `"ok"` {
				t.Fatalf("%d %s", status, reply.Message)
			}
			if len(b.m.asked) != 1 || b.m.asked[0] != c.want {
				t.Errorf("asked %q, want %q", b.m.asked, c.want)
			}
		})
	}
}

func TestOperationsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, additional string
		refuse           error
		status           int
		code             string
	}{
		"state":          {api.PathTaskBoot + sampleID, `{}`, &host.Refusal{Kind: host.ErrState, Field: "task_id"}, 409, "WRONG_STATE"},
		"busy":           {api.PathTaskBoot + sampleID, `{}`, &host.Refusal{Kind: host.ErrBusy, Field: "task_id"}, 409, "BUSY"},
		"another's":      {api.PathTaskBoot + "11111111111111111111", `{}`, nil, 404, "TASK_NOT_FOUND"},
		"modify nothing": {api.PathTaskModify + sampleID, `{}`, nil, 400, "BAD_VALUE"},
		"modify GPUs":    {api.PathTaskModify + sampleID, `{"new_gpu_count":"1"}`, nil, 422, "NOT_SUPPORTED"},
		"modify a typo":  {api.PathTaskModify + sampleID, `{"new_cpu":"1"}`, nil, 400, "BAD_REQUEST"},
		"modify port":    {api.PathTaskModify + sampleID, `{"new_ssh_port":"22"}`, nil, 400, "BAD_VALUE"},
		"logs by what":   {api.PathTaskLogs + sampleID + "?flag=middle", `{}`, nil, 400, "BAD_VALUE"},
		"logs of many":   {api.PathTaskLogs + sampleID + "?line_num=1001", `{}`, nil, 400, "BAD_VALUE"},
		"force as what":  {api.PathTaskRestart + sampleID + "?force_reboot=maybe", `{}`, nil, 400, "BAD_VALUE"},
		"force as 1":     {api.PathTaskRestart + sampleID, `{"force_reboot":1}`, nil, 400, "BAD_REQUEST"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.m.refuse = c.refuse
			status, reply := b.ask(alice, c.path, c.additional, nil)
			if status != c.status || reply.Code != c.code {
				t.Errorf("%d %s: %s", status, reply.Code, reply.Message)
			}
		})
	}
}

func TestLogs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ query, additional, want string }{
		"as of old": {"?flag=head&line_num=5", `{}`, "log [7] false 5"},
		"in body":   {"", `{"flag":"head","line_num":"7"}`, "log [7] false 7"},
		"by itself": {"", `{}`, "log [7] true 100"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			status, reply := b.ask(alice, api.PathTaskLogs+sampleID+c.query, c.additional, nil)
			if want := `{"task_id":"` + sampleID + `","logs":"a <line>"}`; status != http.StatusOK || string(reply.Message) != want {
				t.Fatalf("%d %s", status, reply.Message)
			}
			if len(b.m.asked) != 1 || b.m.asked[0] != c.want {
				t.Errorf("asked %q, want %q", b.m.asked, c.want)
			}
		})
	}
}
