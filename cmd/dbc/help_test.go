package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryHelpHasAnExample: a command that people can see shows how it, or one
// below it, is called.
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
