package operator

import (
	"fmt"
	"os"
	"path/filepath"
)

// Dir returns the folder of the keyring: set, which is keyring_dir of core.conf, or
// that of the wallets of dbc and dbcd if set is empty.
func Dir(set string) (string, error) {
	if set != "" {
		return set, nil
	}
	home := os.Getenv("DBC_HOME")
	if home == "" {
		user, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the keyring (or set keyring_dir): %w", err)
		}
		home = filepath.Join(user, ".dbc")
	}
	return filepath.Join(home, "keys"), nil
}
