package main

import (
	"bytes"
	"testing"

	"github.com/dbc-network/dbc/test/reference"
)

// TestCommandsPageIsCurrent: the page has what the program says of itself; make reference
// writes it.
func TestCommandsPageIsCurrent(t *testing.T) {
	t.Parallel()
	var help bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, &help, &help); code != 0 {
		t.Fatalf("--help ends with %d", code)
	}
	for _, lang := range reference.Languages {
		reference.Part(t, "programs", lang, "dbc-helper", reference.Text("dbc-helper", help.String()))
	}
}
