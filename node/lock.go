package node

import (
	"errors"
	"fmt"

	"github.com/dbc-network/dbc/durable"
)

// Lock takes the lock file at path, or returns ErrHeld.
func Lock(path string) (release func() error, err error) {
	release, err = durable.Lock(path)
	if errors.Is(err, durable.ErrLocked) {
		return nil, fmt.Errorf("%s is %w", path, ErrHeld)
	}
	return release, err
}
