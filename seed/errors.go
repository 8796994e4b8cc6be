package seed

import "errors"

// ErrInvalid means that a seed cannot hold a value. The text names the field
// and the remedy.
var ErrInvalid = errors.New("invalid seed")
