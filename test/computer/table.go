package computer

import (
	"fmt"
	"io"
)

// Table is what a benchmark measured, as Markdown, written row by row.
type Table struct{ out io.Writer }

// Begin writes the computer, what the run is about, and the table's head.
func Begin(out io.Writer, about string) Table {
	_, _ = fmt.Fprintf(out, "%s; %s\n\n| what | measured |\n|---|---|\n", Now(), about)
	return Table{out}
}

// Row writes one thing and its numbers.
func (t Table) Row(what, format string, values ...any) {
	_, _ = fmt.Fprintf(t.out, "| %s | %s |\n", what, fmt.Sprintf(format, values...))
}
