package seed

import "errors"

// ErrInvalid means: a value can't go into a seed; the text names field and remedy.
var ErrInvalid = errors.New("invalid seed")
