package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestArgumentsComplete: an argument that a usage line calls by a known word is
// completed, and similar words are not spelled differently.
func TestArgumentsComplete(t *testing.T) {
	t.Parallel()
	root, _ := newRootCommand(&settings{})
	found := map[string]int{}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		for _, word := range strings.Fields(cmd.Use)[1:] {
			if completerOf(word) == nil {
				continue
			}
			found[word]++
			found[strings.Trim(word, "[]")]++
			if cmd.ValidArgsFunction == nil {
				t.Errorf("%s: %s is not completed", cmd.CommandPath(), word)
			}
		}
	}
	walk(root)
	for word := range completers {
		if found[word] == 0 {
			t.Errorf("no command has an argument %s", word)
		}
	}
}
