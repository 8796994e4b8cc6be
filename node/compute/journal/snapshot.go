package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

const (
	// metaBytes covers both meta pages of the database, for pages of up to 16 KiB.
	metaBytes = 32 << 10
	// snapshotPause is the pause before another try while the node writes.
	snapshotPause = 50 * time.Millisecond
)

// Snapshot copies the journal at from to the new file to while its node may run. bbolt
// never overwrites a page that the newest committed meta page refers to, so a copy between
// two looks at equal meta pages is one committed state. It tries again until ctx is done.
func Snapshot(ctx context.Context, from, to string) error {
	in, err := os.OpenFile(from, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return fmt.Errorf("copy the journal: %w", err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("copy the journal: %w", err)
	}
	err = snapshot(ctx, in, out)
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("copy the journal: %w", err)
	}
	return nil
}

func snapshot(ctx context.Context, in, out *os.File) error {
	for {
		before, err := metas(in)
		if err != nil {
			return err
		}
		if err := errors.Join(out.Truncate(0), rewind(in, out)); err != nil {
			return err
		}
		if _, err := io.Copy(out, in); err != nil {
			return err
		}
		after, err := metas(in)
		if err != nil {
			return err
		}
		if bytes.Equal(before, after) {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(snapshotPause):
		}
	}
}

func metas(in *os.File) ([]byte, error) {
	text := make([]byte, metaBytes)
	n, err := in.ReadAt(text, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return text[:n], err
}

func rewind(files ...*os.File) error {
	for _, f := range files {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
	}
	return nil
}
