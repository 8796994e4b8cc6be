package fake

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/vm"
)

// TestProbeDisks: a guest has all of its disks, or dbc vm verify accuses the machine.
func TestProbeDisks(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "vdb.raw")
	if err := os.WriteFile(data, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	spec := vm.Spec{Disks: []vm.Disk{
		{Path: "/tasks/one/system.qcow2", Target: "vda"},
		{Path: data, Target: "vdb"},
		{Path: "/tasks/one/gone.raw", Target: "vdc"},
		{Path: "/tasks/one/seed.iso", Target: "sda", ReadOnly: true},
	}}
	g := guest{disks: disksOf(spec, map[string]int64{"/tasks/one/system.qcow2": 1024})}
	var out bytes.Buffer
	if status := g.script(struct {
		io.Reader
		io.Writer
	}{bytes.NewReader(probe.Script), &out}); status != 0 {
		t.Fatal(status)
	}
	if text := out.String(); !strings.Contains(text, "\ndisk vda 2 vda\ndisk vdb 8 vdb\nbasic_end\n") {
		t.Error(text)
	}
}
