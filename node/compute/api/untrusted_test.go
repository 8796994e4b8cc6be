package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/api/untrusted"
)

// hostile deceives whoever shows it: it reverses text, hides characters, moves the
// cursor, is no UTF-8, and is long.
var hostile = "ok\u202egnp.exe\u202c\u200b\u2066\u00ad\x1b]0;x\x07\x00\xff" + strings.Repeat("世", 100_000)

// TestUntrustedText: what others wrote leaves the node cleaned and bounded, in results
// and in refusals.
func TestUntrustedText(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	task := b.m.tasks[sampleID]
	task.Desc, task.Disks.Image.Name = hostile, hostile
	task.Progress.Reason = &notice.Reason{Code: notice.CreateFailed, Params: notice.Params{notice.Detail: hostile}}
	b.m.tasks[sampleID], b.m.log = task, hostile+"\n\tlast"
	for path, most := range map[string]int{
		api.PathTasks: 1 << 10, api.PathTask + sampleID: 4 << 10, api.PathDiskList + sampleID: 1 << 10, api.PathTaskLogs + sampleID: 80 << 10,
	} {
		status, reply := b.ask(alice, path, `{}`, nil)
		if status != http.StatusOK || len(reply.Message) > most {
			t.Errorf("%s: %d with %d bytes", path, status, len(reply.Message))
		}
		plain(t, path, reply.Message)
	}
	_, reply := b.ask(alice, api.PathTaskStart, `{"image_name":"`+"ok\u202egnp\u200b"+strings.Repeat("x", 10_000)+`.qcow2","ssh_port":"1"}`, nil)
	if reply.Code == "" || len(reply.Value) > 256 || len(reply.Message) > 8<<10 {
		t.Errorf("a refusal has %d and %d bytes", len(reply.Value), len(reply.Message))
	}
	text, err := json.Marshal(reply)
	if err != nil {
		t.Fatal(err)
	}
	plain(t, "a refusal", text)
}

// plain holds that no string in some JSON has an unseen character but line breaks.
func plain(t *testing.T, what string, text []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if !utf8.ValidString(v) {
				t.Errorf("%s: %q", what, v)
			}
			for _, r := range v {
				if untrusted.Unseen(r) && r != '\n' && r != '\t' {
					t.Errorf("%s has %U", what, r)
				}
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(v)
}
