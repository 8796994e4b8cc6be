package taskdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/dbc-network/dbc/seed"
)

// WriteSeed writes the guest's seed for its first boot.
func (s *Store) WriteSeed(ctx context.Context, folder string, d seed.Data) error {
	path, err := s.path(folder, Seed)
	if err != nil {
		return err
	}
	return seed.Write(ctx, path, d)
}

// RemoveSeed deletes the seed.
func (s *Store) RemoveSeed(_ context.Context, folder string) error {
	path, err := s.path(folder, Seed)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete the seed: %w", err)
	}
	return nil
}
