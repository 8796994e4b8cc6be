package testnet

import (
	"context"
	"fmt"
	"os/exec"
)

// Build builds the daemon as it is now, so that no test proves anything about
// a stale one; linker is passed on to the linker.
func Build(ctx context.Context, file, linker string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w "+linker, "-o", file, "github.com/dbc-network/dbc/cmd/dbcd")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build dbcd: %w: %s", err, said)
	}
	return nil
}
