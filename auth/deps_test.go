package auth

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies keeps the Cosmos SDK out of this package and its tests,
// because small tools import it.
func TestDependencies(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-test", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.Lines(string(out)) {
		for _, bad := range []string{"cosmos/cosmos-sdk", "cosmossdk.io/", "cometbft/", "libp2p/", "google.golang.org/grpc"} {
			if strings.Contains(pkg, bad) {
				t.Errorf("depends on %s", pkg)
			}
		}
	}
}
