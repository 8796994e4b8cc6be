package devnet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// lastReport is how long a final message of the privileged side may take to
// arrive.
const lastReport = 5 * time.Second

// side is the caller's end of the connection to the privileged side.
type side struct {
	*child
	in      io.WriteCloser
	reports chan report
}

// elevate asks for the password, if one is needed, while this process still has
// the terminal.
func elevate(ctx context.Context) ([]string, error) {
	if os.Geteuid() == 0 {
		return nil, nil
	}
	sudo, err := exec.LookPath("sudo")
	if err != nil {
		return nil, errors.New("virtual machines need root: install sudo or run as root")
	}
	ask := exec.CommandContext(ctx, sudo, "-v")
	ask.Stdin, ask.Stdout, ask.Stderr = os.Stdin, os.Stderr, os.Stderr
	if err := ask.Run(); err != nil {
		return nil, fmt.Errorf("virtual machines need root, and sudo refused: %w", err)
	}
	return []string{sudo, "-n", "--"}, nil
}

// startSide starts the privileged side by absolute path and sends its first
// order.
func startSide(ctx context.Context, log string, first order) (*side, error) {
	argv, err := elevate(ctx)
	if err != nil {
		return nil, err
	}
	argv = append(argv, first.Dbc, "devnet", "host")
	//nolint:noctx // it ends itself in order when its input closes
	cmd := exec.Command(argv[0], argv[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the privileged side: %w", err)
	}
	// Not StdoutPipe: Wait would close it while it is being read.
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the privileged side: %w", err)
	}
	cmd.Stdout = write
	c, err := start("privileged side", log, cmd, false)
	_ = write.Close()
	if err != nil {
		_ = read.Close()
		return nil, err
	}
	s := &side{child: c, in: in, reports: make(chan report, 4)}
	go s.listen(read)
	return s, s.send(first)
}

func (s *side) listen(read *os.File) {
	defer func() { _ = read.Close() }()
	lines := bufio.NewScanner(read)
	for lines.Scan() {
		var w report
		if json.Unmarshal(lines.Bytes(), &w) == nil {
			s.reports <- w
		}
	}
}

func (s *side) send(o order) error {
	if err := json.NewEncoder(s.in).Encode(o); err != nil {
		return fmt.Errorf("tell the privileged side: %w", err)
	}
	return nil
}

// await returns the awaited event, or an error that says why it will not come.
func (s *side) await(ctx context.Context, event string) (w report, err error) {
	select {
	case w = <-s.reports:
	case <-s.done:
		// Its final message may still be in the pipe.
		select {
		case w = <-s.reports:
		case <-time.After(lastReport):
			return w, s.died()
		}
	case <-ctx.Done():
		return w, fmt.Errorf("wait for the privileged side's %s: %w", event, context.Cause(ctx))
	}
	if w.Event != event {
		return w, fmt.Errorf("%s: %s", w.Event, w.Error)
	}
	return w, nil
}

// end closes the input of the privileged side and waits until it has removed
// everything.
func (s *side) end(grace time.Duration) error {
	_ = s.in.Close()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
		// It belongs to root: it cannot be killed from here, and should not be.
		return fmt.Errorf("the privileged side does not end, see %s", s.log)
	}
	if s.err != nil {
		return s.died()
	}
	return nil
}
