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

// TestNoHomeNoFiles: commands are made from an application without a home,
// which must leave nothing where somebody happens to run them.
func TestNoHomeNoFiles(t *testing.T) { // not parallel: it changes the working directory
	t.Chdir(t.TempDir())
	_, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.EmptyAppOptions{})
	require.NoError(t, err)
	left, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, left)
}
