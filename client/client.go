// Package client is the Go SDK: wallets, rentals on the chain, and virtual
// machines through a node's API. The command line and the tests are written
// with it. Money is integer udbc everywhere; only FormatDBC makes it DBC.
package client

import (
	"fmt"
	"os"
	"path/filepath"
)

// Home is DBC_HOME, ~/.dbc unless the environment says otherwise.
func Home() (string, error) {
	if home := os.Getenv("DBC_HOME"); home != "" {
		abs, err := filepath.Abs(home)
		if err != nil {
			return "", fmt.Errorf("find DBC_HOME: %w", err)
		}
		return abs, nil
	}
	user, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find the home directory (or set DBC_HOME): %w", err)
	}
	return filepath.Join(user, ".dbc"), nil
}

// Outbox is the folder of what the wallets of a home signed and nobody knows the
// end of yet; see chain.Config.
func Outbox(home string) string { return filepath.Join(home, "outbox") }
