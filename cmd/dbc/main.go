// Command dbc is everything off chain: the commands of renters and hosts, the
// node, and a whole network on one computer.
package main

import (
	"context"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	logTo(os.Stderr)
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// logTo has warnings written to w. What net/http logs by package log, such as bytes
// that a server sends unasked, is dropped: errors say what matters.
func logTo(w io.Writer) {
	// SetDefault redirects package log to the handler, so its output is set after.
	slog.SetDefault(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn})))
	log.SetOutput(io.Discard)
}
