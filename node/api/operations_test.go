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
		"state":         {api.PathTaskBoot + sampleID, `{}`, &host.Refusal{Kind: host.ErrState, Field: "task_id"}, 409, "WRONG_STATE"},
		"busy":          {api.PathTaskBoot + sampleID, `{}`, &host.Refusal{Kind: host.ErrBusy, Field: "task_id"}, 409, "BUSY"},
		"another's":     {api.PathTaskBoot + "11111111111111111111", `{}`, nil, 404, "TASK_NOT_FOUND"},
		"force as what": {api.PathTaskRestart + sampleID + "?force_reboot=maybe", `{}`, nil, 400, "BAD_VALUE"},
		"force as 1":    {api.PathTaskRestart + sampleID, `{"force_reboot":1}`, nil, 400, "BAD_REQUEST"},
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
