//go:build !linux

package journal

import (
	"errors"
	"os"
)

// allocate is unsupported here: machines run on Linux only.
func allocate(*os.File, int64) error { return errors.ErrUnsupported }

func unlock(*os.File) {}
