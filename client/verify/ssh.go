package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/probe"
)

// SSH is a Shell through the system's ssh.
type SSH struct {
	// Path of ssh, "" for the one in PATH.
	Path  string
	Login client.Login
	// How has the keys to offer; Remote is set here.
	How client.SSH
}

var _ probe.Shell = SSH{}

const (
	// sshFailed is ssh's own exit code, of no command.
	sshFailed = 255
	// grace is how long ssh may take to end once it was told to.
	grace = 2 * time.Second
	// maxSaid bounds what is kept of ssh's complaints, in bytes.
	maxSaid = 2 << 10
)

// Run runs the script in the guest's sh, whatever the user's own shell is.
func (s SSH) Run(ctx context.Context, script []byte, limit int) ([]byte, error) {
	path := s.Path
	if path == "" {
		found, err := exec.LookPath("ssh")
		if err != nil {
			return nil, fmt.Errorf("%w: %w", probe.ErrHere, err)
		}
		path = found
	}
	s.How.Remote = []string{"sh", "-s"}
	if err := s.hasKeys(); err != nil {
		return nil, err
	}
	argv, remove, err := s.Login.Command(s.How)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", probe.ErrHere, err)
	}
	defer remove()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := exec.CommandContext(ctx, path, argv...)
	out := &bounded{limit: limit, full: func() { cancel(fmt.Errorf("%w: more than %d bytes", probe.ErrLong, limit)) }}
	said := &bounded{limit: maxSaid}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(script), out, said
	cmd.WaitDelay = grace
	err = cmd.Run()
	exit := new(exec.ExitError)
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case cmd.ProcessState == nil, cmd.ProcessState.ExitCode() < 0: // it did not start, or was killed
		err = fmt.Errorf("%w: run %s: %w", probe.ErrHere, path, err)
	case errors.As(err, &exit) && exit.ExitCode() == sshFailed:
		err = fmt.Errorf("%w: %s", probe.ErrLogin, client.Printable(string(bytes.TrimSpace(said.text.Bytes()))))
	}
	return out.text.Bytes(), err
}

// hasKeys refuses a file of a key that is not here: ssh would only say that the guest
// took none.
func (s SSH) hasKeys() error {
	for _, file := range s.How.Identities {
		if strings.HasPrefix(file, "~") {
			continue // ssh expands it
		}
		_, err := os.Stat(file)
		if errors.Is(err, fs.ErrNotExist) {
			_, public := os.Stat(file + ".pub") // an agent may have the other half
			if public == nil {
				continue
			}
		}
		if err != nil {
			return fmt.Errorf("%w: read the key: %w", probe.ErrHere, err)
		}
	}
	return nil
}

// bounded keeps what is written up to a limit, and calls full, if any, once there is
// more. Only exec's copying goroutine writes.
type bounded struct {
	text  bytes.Buffer
	limit int
	full  func()
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.limit-b.text.Len())
	b.text.Write(p[:n])
	if n < len(p) && b.full != nil {
		b.full()
	}
	return len(p), nil
}
