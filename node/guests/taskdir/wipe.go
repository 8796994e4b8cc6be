package taskdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Method names how a VM's data was made unreachable.
type Method string

// Unlinked means that the files were deleted and the file system has their blocks
// again. No renter can read their content, since every new disk begins with zeros,
// but it stays on the medium until it is overwritten.
const Unlinked Method = "unlinked"

// Wiped says how all of a VM's files were wiped.
type Wiped struct {
	Method Method
	// Bytes are those of the allocated blocks that this call released; 0 if an
	// earlier one did.
	Bytes uint64
}

// Wipe deletes a VM's folder with everything in it, and verifies that it is gone.
func (s *Store) Wipe(ctx context.Context, folder string) (Wiped, error) {
	path, err := s.path(folder, "")
	if err != nil {
		return Wiped{}, err
	}
	stored, err := measure(ctx, path)
	if err != nil {
		return Wiped{}, fmt.Errorf("measure the VM's folder: %w", err)
	}
	if err := os.RemoveAll(path); err != nil {
		return Wiped{}, fmt.Errorf("delete the VM's folder: %w", err)
	}
	if there, err := s.Exists(folder); err != nil || there {
		return Wiped{}, errors.Join(fmt.Errorf("delete the VM's folder: %s is still there: %w", path, fs.ErrExist), err)
	}
	return Wiped{Unlinked, stored.All}, nil
}
