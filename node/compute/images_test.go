package compute

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/image"
)

// TestFaultsAreTold: a node that ends while it reads its images says nothing of that.
func TestFaultsAreTold(t *testing.T) {
	t.Parallel()
	dir, said := t.TempDir(), new(bytes.Buffer)
	if err := os.WriteFile(filepath.Join(dir, "notes.qcow2"), []byte("no disk"), 0o444); err != nil {
		t.Fatal(err)
	}
	p := &parts{log: slog.New(slog.NewTextHandler(said, nil)), images: image.Open(dir)}
	ended, end := context.WithCancel(t.Context())
	end()
	if p.tellFaults(ended); said.Len() > 0 {
		t.Errorf("a node that ends: %s", said)
	}
	if p.tellFaults(t.Context()); !strings.Contains(said.String(), "image=notes.qcow2") {
		t.Errorf("a file that is no image: %q", said)
	}
}
