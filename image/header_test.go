package image

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func FuzzHeader(f *testing.F) {
	dir := f.TempDir()
	plain, backed := filepath.Join(dir, "plain.qcow2"), filepath.Join(dir, "backed.qcow2")
	f.Add(newHeader(f, plain))
	f.Add(newHeader(f, backed, "-u", "-F", "raw", "-b", "/etc/passwd"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := readHeader(bytes.NewReader(raw))
		if err != nil {
			return
		}
		if h.size <= 0 || h.size > MaxVirtualSize || len(h.backing) > maxBackingName || len(h.backingFmt) > maxHeaderSize {
			t.Fatalf("%+v", h)
		}
		if h.checkBase() == nil && (h.backing != "" || h.incompatible&featureDataFile != 0) {
			t.Fatalf("%+v passes as a base", h)
		}
	})
}

func newHeader(f *testing.F, path string, args ...string) []byte {
	f.Helper()
	create(f, path, args...)
	raw, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	return raw[:min(len(raw), 1024)]
}
