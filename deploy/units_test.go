// Package deploy holds what installs the programs as services; its test asks
// systemd what it thinks of the units.
package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var execStart = regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/(dbc|dbcd) `)

// TestUnits needs systemd-analyze, but no running systemd.
func TestUnits(t *testing.T) {
	t.Parallel()
	units, err := filepath.Glob("systemd/*.service")
	if err != nil || len(units) != 3 {
		t.Fatalf("%v, %v", units, err)
	}
	for _, unit := range units {
		t.Run(filepath.Base(unit), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(unit)
			if err != nil {
				t.Fatal(err)
			}
			if !execStart.Match(text) {
				t.Fatal("it starts none of our programs")
			}
			// The programs are not installed where this runs.
			runnable := filepath.Join(t.TempDir(), filepath.Base(unit))
			if err := os.WriteFile(runnable, execStart.ReplaceAll(text, []byte("ExecStart=/bin/true ")), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", runnable)
			cmd.Env = append(os.Environ(), "LC_ALL=C")
			out, err := cmd.CombinedOutput()
			if err != nil || strings.Contains(string(out), filepath.Base(unit)) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
