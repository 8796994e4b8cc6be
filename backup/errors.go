package backup

import "errors"

var (
	// ErrArchive means that a file is no archive, was changed, or is cut off.
	ErrArchive = errors.New("not a backup in order")
	// ErrPassphrase means that a passphrase is too short or another one.
	ErrPassphrase = errors.New("not the passphrase")
	// ErrExists means that a file or folder is there already: nothing is overwritten.
	ErrExists = errors.New("is there already; nothing is overwritten")
)
