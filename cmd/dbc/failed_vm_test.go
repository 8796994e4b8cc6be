package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/client"
)

// TestFailedVMShowsTheWayOut: a renter who waits for a trial's deadline instead
// pays half of its fee to the host whose machine failed.
func TestFailedVMShowsTheWayOut(t *testing.T) {
	t.Parallel()
	const want = "dbc vm delete abc and dbc vm create 7 try again; dbc cancel 7 --cause not-ready"
	var shown, created bytes.Buffer
	var task api.Task
	task.TaskID, task.RentOrder, task.Status, task.Reason = "abc", "7", client.StatusFailed, notice.New(notice.HostFull)
	writeTask(&shown, task)
	if !strings.Contains(shown.String(), want) {
		t.Errorf("vm show: %s", shown.String())
	}
	failed := fmt.Errorf("wait: %w", &client.TaskError{Reason: notice.New(notice.HostFull)})
	report(&cobra.Command{}, &settings{}, &created, &goesOn{failed, wayOut("abc", "7")})
	if !strings.Contains(created.String(), want) || !strings.Contains(created.String(), "Why: the host's disk is full") {
		t.Errorf("vm create: %s", created.String())
	}
}
