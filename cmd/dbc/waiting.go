package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/terminal"
)

// waiting is a line on a terminal that says what is being waited for;
// elsewhere, and with --json, nothing is printed.
type waiting struct {
	w     io.Writer
	begun time.Time
}

func newWaiting(s *settings, cmd *cobra.Command) *waiting {
	f, ok := terminal.File(cmd.ErrOrStderr())
	if s.json || !ok || !term.IsTerminal(int(f.Fd())) {
		return &waiting{}
	}
	return &waiting{w: f, begun: time.Now()}
}

// say replaces the line.
func (p *waiting) say(text string) {
	if p.w != nil {
		fmt.Fprintf(p.w, "\r\x1b[K%s, %s", text, time.Since(p.begun).Round(time.Second))
	}
}

// show replaces the line with what starts now; "" removes it.
func (p *waiting) show(what string) {
	switch {
	case p.w == nil:
	case what == "":
		p.end()
	default:
		fmt.Fprintf(p.w, "\r\x1b[K            … %s", what)
	}
}

// end removes the line.
func (p *waiting) end() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// task shows how far a virtual machine is.
func (p *waiting) task(t api.Task) { p.say(stepText(t)) }

// stepText returns the status, with the current step while it is being made.
func stepText(t api.Task) string {
	text := client.Printable(t.Status)
	if t.Status != client.StatusCreating {
		return text
	}
	if t.Reason != nil {
		return text + ": " + whyWords(t.Reason)
	}
	for i, step := range t.Steps {
		if step.TookMS == nil {
			return fmt.Sprintf("%s: %s (%d of %d)", text, client.Printable(step.Name), i+1, len(t.Steps))
		}
	}
	return text
}
