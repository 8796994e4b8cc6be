package testnet_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// rehearsal is the upgrade that the second daemon carries out; the linker names it.
const rehearsal = "rehearsal"

var dbcd, upgraded string

// The daemons are built as they are now: a stale one would prove nothing. All
// but linking comes from the build cache.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "testnet")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	dbcd, upgraded = filepath.Join(dir, "dbcd"), filepath.Join(dir, "dbcd-upgraded")
	if err := build(dbcd, ""); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := build(upgraded, "-X github.com/dbc-network/dbc/app.rehearsed="+rehearsal); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func build(file, linker string) error {
	cmd := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-ldflags", "-s -w "+linker, "-o", file, "github.com/dbc-network/dbc/cmd/dbcd")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build dbcd: %w: %s", err, said)
	}
	return nil
}
