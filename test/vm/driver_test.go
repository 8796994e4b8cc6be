package vm_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/vmtest"
)

func TestDriver(t *testing.T) {
	d, _ := startDaemon(t)
	openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	vmtest.Run(t, func(t *testing.T) vmtest.Bench {
		return vmtest.Bench{Driver: driver, Spec: specIn(folder(t)), Greeting: "guest", Greeted: greeted, Disk: diskOf, Limit: limit}
	})
}

// greeted reads the console's log, which also has what the guest wrote while
// nobody was connected.
func greeted(t *testing.T, spec vm.Spec, times int) {
	t.Helper()
	eventually(t, "the guest to speak", func() bool {
		log, _ := os.ReadFile(spec.ConsoleLog)
		return strings.Count(string(log), "guest") >= times
	})
}

// diskOf creates a raw disk next to the guest's own.
func diskOf(t *testing.T, spec vm.Spec, target string) vm.Disk {
	t.Helper()
	path := filepath.Join(filepath.Dir(spec.ConsoleLog), target+".raw")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	return vm.Disk{Path: path, Format: "raw", Target: target}
}
