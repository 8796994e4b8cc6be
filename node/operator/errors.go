package operator

import "errors"

var (
	// ErrNoKey means that the keyring has no key of this name.
	ErrNoKey = errors.New("no such key in the keyring")
	// ErrPassphrase means that there is none, or that it does not open the key.
	ErrPassphrase = errors.New("the keyring's passphrase is missing or wrong")
	// ErrMode means that others may read the passphrase.
	ErrMode = errors.New("the file's mode is too open")
)
