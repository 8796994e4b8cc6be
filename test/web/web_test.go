package web

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dbc-network/dbc/devnet"
)

const (
	// limit is far above what a slow computer needs: it ends a test that hangs.
	limit = 25 * time.Minute
	// programs is where make build puts dbc and dbcd.
	programs = "../../bin"
)

// TestGuide follows the guide, with its half hour to confirm.
func TestGuide(t *testing.T) { onDevnet(t, "guide.test.mjs") }

// TestRental covers what a renter does with one virtual machine, and what
// colleagues, programs and Keplr do with the renter's rentals.
func TestRental(t *testing.T) { onDevnet(t, "rental.test.mjs") }

// TestOperate covers what a renter does with a virtual machine beside logging in:
// its screen's commands, changes, reset and power-off, and links with names.
func TestOperate(t *testing.T) { onDevnet(t, "operate.test.mjs") }

// TestPages covers the other pages, with trials that are over in a minute.
func TestPages(t *testing.T) { onDevnet(t, "pages.test.mjs", "--fast") }

// TestChain covers what developers and hosts do, and verifies it on the chain.
func TestChain(t *testing.T) { onDevnet(t, "chain.test.mjs") }

// TestLost loses, delays and repeats answers to what a wallet sends.
func TestLost(t *testing.T) { onDevnet(t, "lost.test.mjs") }

// onDevnet starts a devnet and passes it to the tests in a file.
func onDevnet(t *testing.T, file string, flags ...string) {
	t.Helper()
	install(t)
	info := start(t, flags...)
	browse(t, file, "BASE="+info.Client, "MACHINE="+info.MachineID, "DBC_HOME="+info.Home)
}

// install installs what the browser tests need, once.
func install(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("needs root: run scripts/test.sh")
	}
	if err := installed(); err != nil {
		t.Fatal(err)
	}
}

var installed = sync.OnceValue(func() error {
	for _, folder := range []string{".", "../cosmjs"} {
		npm := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		npm.Dir = folder
		if said, err := npm.CombinedOutput(); err != nil {
			return fmt.Errorf("npm ci in %s: %w: %s", folder, err, said)
		}
	}
	return nil
})

// browse runs the tests in a file.
func browse(t *testing.T, file string, env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	args := []string{"--test", "--test-reporter=spec"}
	if only := os.Getenv("ONLY"); only != "" {
		args = append(args, "--test-name-pattern="+only)
	}
	tests := exec.CommandContext(ctx, "node", append(args, file)...)
	tests.Env = append(os.Environ(), env...)
	tests.Stdout, tests.Stderr = os.Stdout, os.Stderr
	if err := tests.Run(); err != nil {
		t.Fatal(err)
	}
}

// start runs a devnet until the test ends.
func start(t *testing.T, more ...string) devnet.Info {
	t.Helper()
	home := t.TempDir()
	images, err := filepath.Abs("../../build/images")
	if err != nil {
		t.Fatal(err)
	}
	flags := []string{"--home", home, "--images", images}
	dbc := filepath.Join(programs, "dbc")
	cmd := exec.Command(dbc, slices.Concat([]string{"devnet", "start", "--json"}, flags, more)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		reset := exec.Command(dbc, append([]string{"devnet", "reset"}, flags...)...)
		if said, err := reset.CombinedOutput(); err != nil {
			t.Errorf("devnet reset: %v: %s", err, said)
		}
	})
	var info devnet.Info
	if err := json.NewDecoder(out).Decode(&info); err != nil {
		t.Fatalf("the devnet did not start: %v", err)
	}
	return info
}
