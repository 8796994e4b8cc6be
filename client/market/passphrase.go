package market

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/bcrypt"

	"github.com/dbc-network/dbc/durable"
)

const (
	// minPassphrase is the SDK's minimum in bytes: dbcd reads the same keyring.
	minPassphrase = 8
	// passphraseTries is the number of attempts for a person.
	passphraseTries = 3
)

var (
	// ErrPassphrase means that the keyring's passphrase is missing or wrong.
	ErrPassphrase = errors.New("the keyring's passphrase is not right")
	// ErrLocked means that the keyring's passphrase is not available and there
	// is nobody to ask.
	ErrLocked = errors.New("the wallets are locked by a passphrase")
)

// Passphrase returns the keyring's passphrase. fresh means that there is none
// yet and that the returned one will be set. again means that the last one was
// wrong; return ErrPassphrase if there is no other.
type Passphrase func(fresh, again bool) (string, error)

// FixedPassphrase always returns the same passphrase.
func FixedPassphrase(text string) Passphrase {
	return func(_, again bool) (string, error) {
		if again {
			return "", ErrPassphrase
		}
		return text, nil
	}
}

// unlock returns the password function of the keyring in dir. It checks the
// passphrase against the SDK's own hash in the file keyhash.
func unlock(dir string, ask Passphrase) func(string) (string, error) {
	return func(string) (string, error) {
		file := filepath.Join(dir, "keyhash")
		hash, err := os.ReadFile(file)
		fresh := errors.Is(err, fs.ErrNotExist)
		if err != nil && !fresh {
			return "", fmt.Errorf("read keyhash: %w", err)
		}
		if ask == nil {
			return "", ErrLocked
		}
		for try := range passphraseTries {
			text, err := ask(fresh, try > 0)
			if err != nil {
				return "", err
			}
			if fresh {
				return text, keepHash(file, text)
			}
			if bcrypt.CompareHashAndPassword(hash, []byte(text)) == nil {
				return text, nil
			}
		}
		return "", ErrPassphrase
	}
}

func keepHash(file, text string) error {
	if len(text) < minPassphrase {
		return fmt.Errorf("%w: it takes %d characters or more", ErrPassphrase, minPassphrase)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(text), bcrypt.DefaultCost)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPassphrase, err)
	}
	if err := durable.WriteFile(file, hash, 0o600); err != nil {
		return fmt.Errorf("write keyhash: %w", err)
	}
	return nil
}
