package computer

import (
	"fmt"
	"io"
)

// Table is the result of a benchmark as Markdown, written row by row.
type Table struct{ out io.Writer }

// Begin writes the computer, what the run is about, and the table's header.
func Begin(out io.Writer, about string) Table {
	_, _ = fmt.Fprintf(out, "%s; %s\n\n| what | measured |\n|---|---|\n", Now(), about)
	return Table{out}
}

// Row writes one measured item and its numbers.
func (t Table) Row(what, format string, values ...any) {
	_, _ = fmt.Fprintf(t.out, "| %s | %s |\n", what, fmt.Sprintf(format, values...))
}
