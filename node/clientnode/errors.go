package clientnode

import "errors"

// ErrHome means that another client node runs from the same home.
var ErrHome = errors.New("another node runs from this home; each needs its own")
