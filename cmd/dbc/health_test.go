package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/compute/health"
	"github.com/dbc-network/dbc/node/conf"
)

// TestHealth: what a node on this computer found out is shown to its host.
func TestHealth(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := compute.HealthPath(conf.Compute{Guests: conf.Guests{DataDir: dir}})
	if read := readHealth(path, nil); read != nil {
		t.Errorf("%+v", read)
	}
	text := `{"schema":1,"examined":"2026-11-25T12:00:00Z","findings":[{"check":"iommu","level":"pass"},{"check":"reset","level":"fail","device":"0000:01:00.0\u001b[2J"}],
		"slots":[{"index":0,"number":3,"state":"ready"},{"index":1,"number":1,"state":"in_use"},{"index":2,"number":2,"state":"quarantined","fault":"RESET_FAILED","params":{"error":"x"}},
		{"index":3,"number":-1,"state":"missing"},{"index":4,"number":5,"state":"resetting"}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	read := readHealth(path, []uint32{2, 3})
	var out bytes.Buffer
	hostStatus{Health: read}.writeHealth(&out)
	for _, want := range []string{
		"Slots:", "0 (number 3): ready\n", "1 (number 1): in use\n", "2 (number 2): quarantined, out of service; its reset failed: x;",
		"3: missing from /etc/dbc/gpus.toml, out of service\n", "4 (number 5): being reset\n", "as they were when the node last ran",
		"1 passed " + clock(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)) + ", 1 did not; dbc host doctor", "fail: reset 0000:01:00.0?[2J",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if len(read.Findings) != 1 || read.Slots[0].InService != true || read.Slots[2].InService {
		t.Errorf("%+v", read)
	}
	if err := os.WriteFile(path, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	hostStatus{Health: readHealth(path, nil)}.writeHealth(&out)
	if !strings.Contains(out.String(), "not known: "+filepath.Join(dir, health.Name)) {
		t.Error(out.String())
	}
	out.Reset()
	hostStatus{Health: &nodeHealth{Findings: []doctor.Finding{}}}.writeHealth(&out)
	if !strings.Contains(out.String(), "not made yet") {
		t.Error(out.String())
	}
}
