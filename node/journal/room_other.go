//go:build !linux

package journal

import (
	"errors"
	"os"
)

// allocate is for the systems that a machine runs on.
func allocate(*os.File, int64) error { return errors.ErrUnsupported }
