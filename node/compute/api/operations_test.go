package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/vm"
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
			"modify [7] {CPUs:4 MemoryMiB:2048 SSHPort:5300 AutoSSH:false SSHSources:[] Ports:[{Name:udp-53 Protocol:udp Host:5301 Guest:53 Sources:[]}] NoPorts:false PortFirst:5200 PortLast:5999}",
		},
		"modify, ports of the node's choice": {
			api.PathTaskModify + sampleID, `{"new_ssh_port":"auto","new_custom_port":["tcp,auto:80"]}`,
			"modify [7] {CPUs:0 MemoryMiB:0 SSHPort:0 AutoSSH:true SSHSources:[] Ports:[{Name:tcp-80 Protocol:tcp Host:0 Guest:80 Sources:[]}] NoPorts:false PortFirst:5200 PortLast:5999}",
		},
		"modify, from where": {
			api.PathTaskModify + sampleID, `{"new_ssh_sources":["203.0.113.0/24"]}`,
			"modify [7] {CPUs:0 MemoryMiB:0 SSHPort:0 AutoSSH:false SSHSources:[203.0.113.0/24] Ports:[] NoPorts:false PortFirst:5200 PortLast:5999}",
		},
		"modify, from everywhere": {
			api.PathTaskModify + sampleID, `{"new_ssh_sources":["any"]}`,
			"modify [7] {CPUs:0 MemoryMiB:0 SSHPort:0 AutoSSH:false SSHSources:[] Ports:[] NoPorts:false PortFirst:5200 PortLast:5999}",
		},
		"modify, no ports": {
			api.PathTaskModify + sampleID, `{"new_custom_port":["none"]}`,
			"modify [7] {CPUs:0 MemoryMiB:0 SSHPort:0 AutoSSH:false SSHSources:[] Ports:[] NoPorts:true PortFirst:5200 PortLast:5999}",
		},
		"delete a disk": {api.PathDiskDelete + sampleID, `{"disk":"vdb"}`, "delete [7] vdb"},
		"resize a disk": {api.PathDiskResize + sampleID, `{"disk":"vdb","size":20}`, "resize [7] vdb 20"},
		"set a password": {
			api.PathTaskPasswd + sampleID, `{"username":"dbc","password":"a new password"}`, "password [7] dbc, of 14",
		},
		"modify, empty": {
			api.PathTaskModify + sampleID, `{"new_ssh_port":"","new_custom_port":[],"new_cpu_cores":"2"}`,
			"modify [7] {CPUs:2 MemoryMiB:0 SSHPort:0 AutoSSH:false SSHSources:[] Ports:[] NoPorts:false PortFirst:5200 PortLast:5999}",
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
		code             api.Code
	}{
		"away":           {api.PathTaskBoot + sampleID, `{}`, fmt.Errorf("read /var/lib: %w", vm.ErrUnavailable), 503, "VMS_AWAY"},
		"state":          {api.PathTaskBoot + sampleID, `{}`, &api.Refusal{Kind: host.ErrState, Field: "task_id"}, 409, "WRONG_STATE"},
		"busy":           {api.PathTaskBoot + sampleID, `{}`, &api.Refusal{Kind: host.ErrBusy, Field: "task_id"}, 409, "BUSY"},
		"another's":      {api.PathTaskBoot + "11111111111111111111", `{}`, nil, 404, "TASK_NOT_FOUND"},
		"modify nothing": {api.PathTaskModify + sampleID, `{}`, nil, 400, "BAD_VALUE"},
		"modify GPUs":    {api.PathTaskModify + sampleID, `{"new_gpu_count":"1"}`, nil, 422, "NOT_SUPPORTED"},
		"modify a typo":  {api.PathTaskModify + sampleID, `{"new_cpu":"1"}`, nil, 400, "BAD_REQUEST"},
		"modify port":    {api.PathTaskModify + sampleID, `{"new_ssh_port":"22"}`, nil, 400, "BAD_VALUE"},
		"logs by what":   {api.PathTaskLogs + sampleID + "?flag=middle", `{}`, nil, 400, "BAD_VALUE"},
		"logs of many":   {api.PathTaskLogs + sampleID + "?line_num=1001", `{}`, nil, 400, "BAD_VALUE"},
		"any and one":    {api.PathTaskModify + sampleID, `{"new_ssh_sources":["any","203.0.113.7"]}`, nil, 400, "BAD_VALUE"},
		"none and one":   {api.PathTaskModify + sampleID, `{"new_custom_port":["none","tcp,5300"]}`, nil, 400, "BAD_VALUE"},
		"disk of none":   {api.PathDiskAdd + sampleID, `{"size":0}`, nil, 400, "BAD_VALUE"},
		"disk somewhere": {api.PathDiskAdd + sampleID, `{"size":1,"mount_dir":"/data"}`, nil, 422, "NOT_SUPPORTED"},
		"full":           {api.PathDiskAdd + sampleID, `{"size":1}`, &api.Refusal{Kind: host.ErrDisk, Field: "size"}, 409, "DISK_FULL"},
		"no agent":       {api.PathTaskPasswd + sampleID, `{"username":"dbc","password":"x"}`, &api.Refusal{Kind: host.ErrAgent, Field: "username"}, 409, "NO_AGENT"},
		"no password":    {api.PathTaskPasswd + sampleID, `{"username":"dbc","password":5}`, nil, 400, "BAD_REQUEST"},
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

func TestDisks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	status, reply := b.ask(alice, api.PathDiskAdd+sampleID, `{"size":5}`, nil)
	if want := `{"disk":"vdc"}`; status != http.StatusOK || string(reply.Message) != want {
		t.Errorf("%d %s", status, reply.Message)
	}
	task := b.m.tasks[sampleID]
	task.Disks.System.GiB, task.Progress.Reason = 10, notice.Failed(notice.DiskAddFailed, errors.New("no"), notice.Disk, "vdd")
	task.Disks.Data = []journal.Disk{{Name: "vdb", GiB: 3}, {Name: "vdc", GiB: 5, Doing: lifecycle.DiskAdding}}
	b.m.tasks[sampleID] = task
	status, reply = b.ask(alice, api.PathDiskList+sampleID, `{}`, nil)
	want := `{"task_id":"` + sampleID + `","disks":[{"disk":"vda","size":"10G","status":"ok"},{"disk":"vdb","size":"3G","status":"ok"},` +
		`{"disk":"vdc","size":"5G","status":"disk adding"}],"reason":{"code":"DISK_ADD_FAILED","params":{"detail":"no","disk":"vdd"}}}`
	if status != http.StatusOK || string(reply.Message) != want {
		t.Errorf("%d %s, want %s", status, reply.Message, want)
	}
	var shown api.Task
	_, reply = b.ask(alice, api.PathTask+sampleID, `{}`, nil)
	if err := json.Unmarshal(reply.Message, &shown); err != nil || shown.Status != "disk adding" {
		t.Errorf("the task is %q, %v", shown.Status, err)
	}
	if status, reply := b.ask(bob, api.PathDiskList+sampleID, `{}`, nil); status != http.StatusForbidden {
		t.Errorf("another's: %d %s", status, reply.Message)
	}
}
