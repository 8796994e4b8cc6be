package client

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/bcrypt"
)

const (
	// minPassphrase is the SDK's, in bytes: dbcd reads the same keyring.
	minPassphrase = 8
	// passphraseTries of somebody who types.
	passphraseTries = 3
)

var (
	// ErrPassphrase means: the keyring's passphrase is missing or wrong.
	ErrPassphrase = errors.New("the keyring's passphrase is not right")
	// ErrLocked means: the keyring's passphrase is not at hand, and nobody is asked.
	ErrLocked = errors.New("the wallets are locked by a passphrase")
)

// Passphrase gives the keyring's passphrase. fresh: there is none yet, and this
// one will count from now on. again: the last one was wrong; who can't give
// another returns ErrPassphrase.
type Passphrase func(fresh, again bool) (string, error)

// FixedPassphrase gives the same one always.
func FixedPassphrase(text string) Passphrase {
	return func(_, again bool) (string, error) {
		if again {
			return "", ErrPassphrase
		}
		return text, nil
	}
}

// unlock is a keyring's password function over dir, by the SDK's own files: its
// hash of the passphrase is kept in keyhash.
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
	if err := os.WriteFile(file, hash, 0o600); err != nil {
		return fmt.Errorf("write keyhash: %w", err)
	}
	return nil
}
