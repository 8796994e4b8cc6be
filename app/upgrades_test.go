package app_test

import (
	"os"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"

	"github.com/dbc-network/dbc/app"
)

// TestNoHomeNoFiles verifies that an application without a home, from which
// commands are generated, writes no files into the working directory.
func TestNoHomeNoFiles(t *testing.T) { // not parallel: it changes the working directory
	t.Chdir(t.TempDir())
	_, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.EmptyAppOptions{})
	require.NoError(t, err)
	left, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, left)
}
