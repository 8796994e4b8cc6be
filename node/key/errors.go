package key

import "errors"

// ErrMode means: others than the owner may read or write the key's file.
var ErrMode = errors.New("the key's file is open to others")

// ErrFormat means: the file does not hold an ed25519 key as Create writes it.
var ErrFormat = errors.New("unreadable key")
