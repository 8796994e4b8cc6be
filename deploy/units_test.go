// Package deploy holds what installs the programs as services; its test asks
// systemd what it thinks of the units.
package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var execStart = regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/(dbc|dbc-helper|dbcd) `)

// TestUnits needs systemd-analyze, but no running systemd.
func TestUnits(t *testing.T) {
	t.Parallel()
	units, err := filepath.Glob("systemd/*.service")
	if err != nil || len(units) != 5 {
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

var (
	memoryMax = regexp.MustCompile(`(?m)^MemoryMax=(\d+)([MG])$`)
	memoryOwn = regexp.MustCompile(`(?m)^Environment=GOMEMLIMIT=(\d+)MiB$`)
	oomAdjust = regexp.MustCompile(`(?m)^OOMScoreAdjust=(-?\d+)$`)
)

// TestMemory: each program has a bound, collects garbage well before it, and goes
// before tenants' VMs, whose score is the share of the memory that they use.
func TestMemory(t *testing.T) {
	t.Parallel()
	for unit, c := range map[string]struct {
		bounded bool
		score   int
	}{"dbc-node": {true, 1000}, "dbc-mining": {true, 1000}, "dbc-helper": {true, 1000}, "dbc-client": {true, 1000}, "dbcd": {false, 1000}} {
		text, err := os.ReadFile(filepath.Join("systemd", unit+".service"))
		if err != nil {
			t.Fatal(err)
		}
		number := func(field *regexp.Regexp) int {
			found := field.FindSubmatch(text)
			if found == nil {
				return 0
			}
			n, err := strconv.Atoi(string(found[1]))
			if err != nil {
				t.Fatal(err)
			}
			if len(found) > 2 && string(found[2]) == "G" {
				n *= 1024
			}
			return n
		}
		if got := number(oomAdjust); got != c.score {
			t.Errorf("%s: OOMScoreAdjust %d, want %d", unit, got, c.score)
		}
		most, own := number(memoryMax), number(memoryOwn)
		if c.bounded != (most > 0) || own*4 > most*3 || c.bounded != (own > 0) {
			t.Errorf("%s: MemoryMax %d MiB, GOMEMLIMIT %d MiB", unit, most, own)
		}
	}
}

// TestUsersAndFolders reads them as systemd does. Made below a folder of the test
// they are its user's, who need not be root.
func TestUsersAndFolders(t *testing.T) {
	t.Parallel()
	file, err := filepath.Abs("systemd/dbc.sysusers")
	if err != nil {
		t.Fatal(err)
	}
	// This computer may have the users already.
	users, err := exec.CommandContext(t.Context(), "systemd-sysusers", "--dry-run", "--root="+t.TempDir(), file).CombinedOutput()
	if err != nil || !strings.Contains(string(users), "dbc-node") {
		t.Errorf("%v: %s", err, users)
	}
	text, err := os.ReadFile("systemd/dbc.tmpfiles")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	own := filepath.Join(root, "dbc.conf")
	mine := regexp.MustCompile(`(?m) +(root +root|dbc-node +dbc-node)$`).ReplaceAll(text, []byte(" - -"))
	if err := os.WriteFile(own, mine, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "systemd-tmpfiles", "--create", "--root="+root, own).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for folder, mode := range map[string]os.FileMode{"run/dbc": 0o755, "var/lib/dbc": 0o711, "var/lib/dbc/node": 0o700} {
		if info, err := os.Stat(filepath.Join(root, folder)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v, want %o", folder, info, err, mode)
		}
	}
}
