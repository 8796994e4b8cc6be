package main

import (
	"os"
	"regexp"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestToolchainIsPinned verifies that the daemon is tested with the toolchain
// in go.mod, since tables and parsers of the standard library differ between
// toolchains.
func TestToolchainIsPinned(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	pinned := regexp.MustCompile(`(?m)^toolchain (go\S+)$`).FindSubmatch(mod)
	require.NotNil(t, pinned)
	require.Equal(t, string(pinned[1]), runtime.Version(), "set GOTOOLCHAIN=%s", pinned[1])
}
