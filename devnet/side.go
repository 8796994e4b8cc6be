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

// lastWord is how long what the privileged side said at its end may take to be heard.
const lastWord = 5 * time.Second

// side is the caller's end of the privileged side.
type side struct {
	*child
	in    io.WriteCloser
	words chan word
}

// elevate asks for the password, if there is one to ask for, while the
// terminal is still ours.
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

// startSide starts the privileged side by absolute path and gives its first order.
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
	// Not StdoutPipe: Wait would close it under the reader.
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
	s := &side{child: c, in: in, words: make(chan word, 4)}
	go s.listen(read)
	return s, s.tell(first)
}

func (s *side) listen(read *os.File) {
	defer func() { _ = read.Close() }()
	lines := bufio.NewScanner(read)
	for lines.Scan() {
		var w word
		if json.Unmarshal(lines.Bytes(), &w) == nil {
			s.words <- w
		}
	}
}

func (s *side) tell(o order) error {
	if err := json.NewEncoder(s.in).Encode(o); err != nil {
		return fmt.Errorf("tell the privileged side: %w", err)
	}
	return nil
}

// hear returns the awaited word, or why it will not come.
func (s *side) hear(ctx context.Context, event string) (w word, err error) {
	select {
	case w = <-s.words:
	case <-s.done:
		// Its last word may still be on the way through the pipe.
		select {
		case w = <-s.words:
		case <-time.After(lastWord):
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

// end closes its input and waits until it removed everything.
func (s *side) end(grace time.Duration) error {
	_ = s.in.Close()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
		// It is root's: it can't be killed from here, and should not be.
		return fmt.Errorf("the privileged side does not end, see %s", s.log)
	}
	if s.err != nil {
		return s.died()
	}
	return nil
}
