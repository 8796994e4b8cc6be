package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client/terminal"
)

// show prints v as JSON with --json, otherwise what text writes.
func (s *settings) show(cmd *cobra.Command, v any, text func(w io.Writer)) error {
	out := cmd.OutOrStdout()
	if s.json {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(v)
	}
	if width := widthOf(cmd); width > 0 {
		var all bytes.Buffer
		text(&all)
		return fit(out, all.Bytes(), width)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	text(w)
	return w.Flush()
}

// row writes cells as one line of a table. A cell may contain text from a host,
// which can't begin a line or a cell of its own.
func row(w io.Writer, cells ...any) {
	for i, cell := range cells {
		if i > 0 {
			fmt.Fprint(w, "\t")
		}
		fmt.Fprint(w, terminal.Plain(fmt.Sprint(cell)))
	}
	fmt.Fprintln(w)
}

// clock formats a time of the chain for people: local, to the second.
func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }

// left returns how long it is until t, by this computer's clock; nothing once it is past.
func left(t time.Time) string {
	d := time.Until(t).Round(time.Second)
	if d <= 0 {
		return ""
	}
	return fmt.Sprintf(" (%s left)", d)
}
