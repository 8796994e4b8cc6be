// Package child runs programs that may never end: a driver whose card has
// fallen off its bus blocks a calling process in the kernel, where no signal
// reaches it. The caller continues at its deadline anyway.
package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

var (
	// ErrDeadline means that the program did not end in time. It was killed, but
	// may still exist if the kernel blocks it.
	ErrDeadline = errors.New("it gave no answer in time")
	// ErrOutput means that the program wrote more than it may.
	ErrOutput = errors.New("it wrote too much")
)

// Program describes what is run.
type Program struct {
	// Argv is the program's path and its arguments. Its environment is only the
	// system's PATH and a fixed language, and its standard input is empty.
	Argv []string
	// Limit is how long it may take, MaxOutput how many bytes it may write to each
	// of its outputs; anything beyond that on standard error is dropped.
	Limit     time.Duration
	MaxOutput int
}

// grace is how long to wait for a killed program.
const grace = 2 * time.Second

// Run returns what the program wrote. Its error wraps ErrDeadline, ErrOutput, the
// context's, or *exec.ExitError with the beginning of its standard error.
func Run(ctx context.Context, p Program) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.Limit, ErrDeadline)
	defer cancel()
	// Not CommandContext: that would wait for a program that cannot be killed.
	cmd := exec.Command(p.Argv[0], p.Argv[1:]...) //nolint:noctx // its end is waited for below, with a limit
	out, complaint := &bounded{limit: p.MaxOutput, full: make(chan struct{})}, &bounded{limit: min(p.MaxOutput, 4<<10)}
	cmd.Stdout, cmd.Stderr = out, complaint
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	ownGroup(cmd)
	cmd.WaitDelay = grace
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var err error
	ended := make(chan struct{})
	go func() { // outlives Run only with a program that the kernel blocks
		err = cmd.Wait()
		close(ended)
	}()
	var cause error
	select {
	case <-ended:
		if out.over {
			return nil, fmt.Errorf("%s: %w", p.Argv[0], ErrOutput)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w%s", p.Argv[0], err, complaint.said())
		}
		return out.text.Bytes(), nil
	case <-out.full:
		cause = ErrOutput
	case <-ctx.Done():
		cause = context.Cause(ctx)
	}
	_ = killGroup(cmd)
	left, stop := context.WithTimeout(context.Background(), grace)
	defer stop()
	select {
	case <-ended:
	case <-left.Done():
	}
	return nil, fmt.Errorf("%s: %w", p.Argv[0], cause)
}

// bounded keeps what is written up to a limit. Only the copying goroutine of
// exec writes; it is read after that has ended.
type bounded struct {
	text  bytes.Buffer
	limit int
	over  bool
	full  chan struct{}
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.limit-b.text.Len())
	b.text.Write(p[:n])
	if n < len(p) && !b.over {
		b.over = true
		if b.full != nil {
			close(b.full)
		}
	}
	return len(p), nil
}

// said returns the beginning of an error output, without control characters.
func (b *bounded) said() string {
	const most = 200
	text := bytes.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, b.text.Bytes())
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return ""
	}
	return ": " + string(text[:min(len(text), most)])
}
