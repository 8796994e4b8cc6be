package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestArgumentsComplete: whatever a usage line calls by one of the known words
// is completed, and a word that is near to one is not written otherwise.
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
