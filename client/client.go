// Package client is the half of the Go SDK that needs no chain: virtual machines
// through a node's API, sessions, and searches. A program that drives VMs with a
// session's key links nothing of the Cosmos SDK. Package market is the other
// half. Money is an integer in udbc everywhere; only FormatDBC converts it to DBC.
package client

import (
	"fmt"
	"os"
	"path/filepath"
)

// Home returns DBC_HOME, or ~/.dbc if it is not set.
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

// Outbox returns the folder of signed transactions whose outcome is not known
// yet; see chain.Config.
func Outbox(home string) string { return filepath.Join(home, "outbox") }
