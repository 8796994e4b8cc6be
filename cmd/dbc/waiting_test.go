package main

import (
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
)

func TestWaitingLine(t *testing.T) {
	t.Parallel()
	took := int64(5)
	task := api.Task{TaskSummary: api.TaskSummary{Status: "creating"}, Steps: []api.Step{
		{Name: "reserve", TookMS: &took}, {Name: "disk\x1b[2J"}, {Name: "start"},
	}}
	var out strings.Builder
	p := &waiting{w: &out, begun: time.Now()}
	p.task(task)
	if got := out.String(); !strings.HasPrefix(got, "\r\x1b[Kcreating: disk\\u001b[2J (2 of 3), 0s") {
		t.Errorf("said %q", got)
	}
	out.Reset()
	p.end()
	if out.String() != "\r\x1b[K" {
		t.Errorf("ends with %q", out.String())
	}
	task.Status = "running"
	if got := stepText(task); got != "running" {
		t.Errorf("said %q", got)
	}
	// No terminal, no output.
	(&waiting{}).task(task)
	(&waiting{}).end()
}
