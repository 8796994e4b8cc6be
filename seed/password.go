package seed

import (
	"fmt"

	"github.com/dbc-network/dbc/seed/crypt"
)

// HashPassword returns the crypt(3) hash of a password for /etc/shadow: method
// SHA-512 with a random salt.
func HashPassword(password string) (string, error) {
	hash, err := crypt.Hash(password)
	if err != nil {
		// The password itself never appears in an error.
		return "", fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return hash, nil
}
