package market

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestOpenReplaces verifies that an unreadable index is created again from the
// chain instead of stopping the node.
func TestOpenReplaces(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(file []byte) []byte{
		"no database": func(file []byte) []byte { return bytes.Repeat([]byte("noise"), len(file)/5) },
		"cut off":     func(file []byte) []byte { return file[:5000] },
		"empty":       func([]byte) []byte { return nil },
		"broken pages": func(file []byte) []byte {
			return append(file[:4096:4096], bytes.Repeat([]byte{0xa5}, len(file)-4096)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, dir := context.Background(), t.TempDir()
			s, err := Open(ctx, dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "machines.db")
			file, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, spoil(file), 0o600); err != nil {
				t.Fatal(err)
			}
			if s, err = Open(ctx, dir); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			if _, err := s.position(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}
