package auth

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies: small tools carry this package, and neither it nor its
// tests may bring in the Cosmos SDK.
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
