package main

import (
	"bytes"
	"errors"
	"log"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestClosedTerminal: a command whose terminal is closed ends in order, with the
// end that Ctrl-C has, and one that nohup started goes on.
func TestClosedTerminal(t *testing.T) {
	t.Parallel()
	// Where the tests were started by nohup, the command would inherit that the
	// signal is ignored; one that is handled here has its default there.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })
	for name, c := range map[string]struct {
		command []string
		end     syscall.Signal
		said    string
	}{
		"closed":      {[]string{"dbc-itself"}, syscall.SIGHUP, "hangup signal received"},
		"under nohup": {[]string{"nohup", "dbc-itself"}, syscall.SIGTERM, "terminated signal received"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chain, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = chain.Close() })
			at := chain.Addr().String()
			args := append(c.command, "machines", "--node", "direct", "--home", t.TempDir(), "--chain-id", "dbc-devnet-1", "--rpc", "http://"+at, "--grpc", at)
			cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
			var said bytes.Buffer
			cmd.Stdout, cmd.Stderr = &said, &said
			cmd.WaitDelay = time.Minute
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			asked, err := chain.Accept() // and answers nothing
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = asked.Close() })
			for _, end := range []os.Signal{syscall.SIGHUP, c.end} {
				if err := cmd.Process.Signal(end); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Fatal(err)
				}
			}
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != exitInterrupted || !strings.Contains(said.String(), c.said) {
				t.Errorf("%d (%s) %s", got, cmd.ProcessState, said.String())
			}
		})
	}
}

// TestWarningsAreShown is not parallel: the loggers are the process's.
func TestWarningsAreShown(t *testing.T) {
	logger, writer := slog.Default(), log.Writer()
	t.Cleanup(func() {
		slog.SetDefault(logger)
		log.SetOutput(writer)
	})
	var said bytes.Buffer
	logTo(&said)
	log.Print("Unsolicited response received on idle HTTP channel")
	slog.Info("step done")
	slog.Warn("the helper is older", "version", 3)
	if got := said.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `level=WARN msg="the helper is older" version=3`) {
		t.Errorf("%q", got)
	}
}
