package key

import "errors"

// ErrMode means that users other than the owner may read or write the key file.
var ErrMode = errors.New("the key's file is open to others")

// ErrFormat means that the file does not contain an ed25519 key in Create's
// format.
var ErrFormat = errors.New("unreadable key")
