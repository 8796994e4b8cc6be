package child_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/hw/child"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func run(t *testing.T, script string, change func(*child.Program)) (string, error) {
	t.Helper()
	p := child.Program{Argv: []string{"/bin/sh", "-c", script}, Limit: 20 * time.Second, MaxOutput: 1000}
	if change != nil {
		change(&p)
	}
	out, err := child.Run(t.Context(), p)
	return string(out), err
}

func TestRun(t *testing.T) {
	t.Parallel()
	if out, err := run(t, "echo $LC_ALL; cat", nil); err != nil || out != "C\n" {
		t.Errorf("%q, %v", out, err)
	}
	exit := new(exec.ExitError)
	if _, err := run(t, `printf 'no device\033[2J' >&2; exit 9`, nil); !errors.As(err, &exit) || exit.ExitCode() != 9 || !strings.HasSuffix(err.Error(), ": no device [2J") {
		t.Errorf("%q", err)
	}
	if _, err := run(t, "yes", nil); !errors.Is(err, child.ErrOutput) {
		t.Errorf("%v", err)
	}
	if _, err := run(t, "head -c 1001 /dev/zero", nil); !errors.Is(err, child.ErrOutput) {
		t.Errorf("%v", err)
	}
	if out, err := run(t, "head -c 1000 /dev/zero", nil); err != nil || len(out) != 1000 {
		t.Errorf("%d, %v", len(out), err)
	}
	if _, err := run(t, "", func(p *child.Program) { p.Argv = []string{"/nonexistent"} }); err == nil {
		t.Error("started")
	}
}

// What a program started is ended with it, even if it holds the output open.
func TestDeadline(t *testing.T) {
	t.Parallel()
	short := func(p *child.Program) { p.Limit = 100 * time.Millisecond }
	for _, script := range []string{"sleep 300", "sleep 300 & wait", "trap '' TERM; sleep 300"} {
		began := time.Now()
		if _, err := run(t, script, short); !errors.Is(err, child.ErrDeadline) || time.Since(began) > 10*time.Second {
			t.Errorf("%s: %v after %s", script, err, time.Since(began))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := child.Run(ctx, child.Program{Argv: []string{"/bin/sleep", "300"}, Limit: time.Minute}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
