package main

import (
	"testing"

	"github.com/dbc-network/dbc/test/reference"
)

// TestCommandsPageIsCurrent: the pages of commands are what the commands' own help
// says; make reference writes them.
func TestCommandsPageIsCurrent(t *testing.T) {
	t.Setenv("HOME", "~") // no folder of this computer in defaults
	t.Setenv("DBC_HOME", "")
	for _, lang := range reference.Languages {
		root, _ := newRootCommand(&settings{})
		reference.Part(t, "commands", lang, "commands", reference.Help(root))
	}
}
