package seed

import (
	"fmt"

	"github.com/dbc-network/dbc/seed/crypt"
)

// HashPassword is the crypt(3) hash of a password, method SHA-512 with a fresh
// salt, as /etc/shadow keeps it.
func HashPassword(password string) (string, error) {
	hash, err := crypt.Hash(password)
	if err != nil {
		// The password itself is never in an error.
		return "", fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return hash, nil
}
