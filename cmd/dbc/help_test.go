package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryHelpHasAnExample: a visible command shows how it, or one below it,
// is called.
func TestEveryHelpHasAnExample(t *testing.T) {
	t.Parallel()
	root, _ := newRootCommand(&settings{})
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Hidden {
			return
		}
		if !strings.Contains(cmd.Example, "  "+cmd.CommandPath()) && cmd != root {
			t.Errorf("%s: the example is %q", cmd.CommandPath(), cmd.Example)
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// TestHelpOf: "help" of a command is the command's, and fails for a misspelt one.
func TestHelpOf(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"help": exitDone, "help vm": exitDone, "help vm create": exitDone, "vm list extra --help": exitDone,
		"help qwertz": exitUsage, "help vm qwertz": exitUsage, "vm qwertz --help": exitUsage,
	} {
		var out, errOut bytes.Buffer
		code := run(t.Context(), strings.Fields(line), strings.NewReader(""), &out, &errOut)
		if code != want || (code == exitDone) != strings.Contains(out.String(), "Usage:") {
			t.Errorf("%s: %d, want %d\n%s%s", line, code, want, out.String(), errOut.String())
		}
	}
}
