//go:build linux

package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	// qemuImgTimeout ends a qemu-img that hangs, because of a failed disk or a
	// header designed to keep it busy.
	qemuImgTimeout = 2 * time.Minute
	maxMessage     = 4 << 10

	// Exit codes of qemu-img check: errors found; leaked clusters only (space,
	// not data).
	exitCorrupt = 2
	exitLeaked  = 3
)

// Check looks for errors in a disk that this node created and that nothing has
// open. It returns ErrCorrupt if data is damaged. Lost space alone is not an
// error.
func Check(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("check disk: %w", err)
	}
	_, err = readHeader(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrCorrupt, path, err)
	}
	err = qemuImg(ctx, "check", "-q", "-f", "qcow2", "--", path)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		switch exit.ExitCode() {
		case exitLeaked:
			return nil
		case exitCorrupt:
			return fmt.Errorf("%w: %s: %w", ErrCorrupt, path, err)
		}
	}
	if err != nil {
		return fmt.Errorf("check disk: %w", err)
	}
	return nil
}

// qemuImg runs qemu-img without a shell, with a fixed locale and bounded
// output.
func qemuImg(ctx context.Context, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, qemuImgTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "qemu-img", args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.WaitDelay = time.Second
	message := &limitedBuffer{}
	cmd.Stderr = message
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, context.Cause(ctx))
		}
		return fmt.Errorf("qemu-img %s: %w: %s", args[0], err, message)
	}
	return nil
}

// limitedBuffer keeps the first bytes of a program's error output.
type limitedBuffer struct{ b bytes.Buffer }

func (l *limitedBuffer) Write(p []byte) (int, error) {
	if room := maxMessage - l.b.Len(); room > 0 {
		l.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// String returns one printable line, because names in it may come from outside.
func (l *limitedBuffer) String() string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(strings.TrimSpace(l.b.String()), "?"))
}
