package listing

import "errors"

// ErrReserve means that the host keeps so much that nothing is left to rent out.
var ErrReserve = errors.New("nothing left to rent out")
