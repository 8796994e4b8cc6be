package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// existing is path or the nearest folder above it that is there: the node
// makes its data folder only when it starts, and a bond may come before.
func existing(path string) (string, error) {
	for {
		_, err := os.Stat(path)
		if err == nil {
			return path, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look for the data folder: %w", err)
		}
		path = filepath.Dir(path)
	}
}
