package testnet_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/test/testnet"
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
	if err := testnet.Build(context.Background(), dbcd, ""); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := testnet.Build(context.Background(), upgraded, "-X github.com/dbc-network/dbc/app.rehearsed="+rehearsal); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
