package operator

import "errors"

var (
	// ErrNoKey means: the keyring has no key of this name.
	ErrNoKey = errors.New("no such key in the keyring")
	// ErrPassphrase means: there is none, or it does not open the key.
	ErrPassphrase = errors.New("the keyring's passphrase is missing or wrong")
	// ErrMode means: others may read the passphrase.
	ErrMode = errors.New("the file's mode is too open")
)
