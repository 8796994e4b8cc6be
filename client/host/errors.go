package host

import "errors"

// ErrDegrees means: it is no coordinate in decimal degrees.
var ErrDegrees = errors.New("bad coordinate")
