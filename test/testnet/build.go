package testnet

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
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

// packaged returns the folder of the public test network's description.
func packaged() (string, error) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/dbc-network/dbc/networks").Output() //nolint:noctx // it reads this module only
	if err != nil {
		return "", fmt.Errorf("find networks: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), ChainID), nil
}
