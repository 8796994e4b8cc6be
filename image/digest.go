//go:build linux

package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Digest returns the SHA-256 of an image's file in hex. The file is read whole, once for
// each version of it while the program runs, however many ask at once.
func (s *Store) Digest(ctx context.Context, name string) (string, error) {
	img, err := s.Find(ctx, name)
	if err != nil {
		return "", err
	}
	return s.digest(ctx, img)
}

func (s *Store) digest(ctx context.Context, img Image) (string, error) {
	f, err := os.OpenFile(img.Path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", fmt.Errorf("open image: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("stat image: %w", err)
	}
	seen, ok := versionOf(info)
	if !ok {
		return "", fmt.Errorf("stat image: %w", errors.ErrUnsupported)
	}
	return s.digests.get(ctx, seen, func() (string, error) {
		sum := sha256.New()
		if _, err := io.Copy(sum, untilDone{ctx, f}); err != nil {
			return "", fmt.Errorf("read image: %w", err)
		}
		return hex.EncodeToString(sum.Sum(nil)), nil
	})
}

// untilDone ends with its context's error.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
