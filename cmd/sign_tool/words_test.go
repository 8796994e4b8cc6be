package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestWordsAsPeoplePaste uses the same files as the test for dbc's wallets.
func TestWordsAsPeoplePaste(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../auth/words/testdata/*.txt")
	if err != nil || len(files) < 11 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	read := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		key, err := parseKey(secret(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			return ""
		}
		return key.Key.String()
	}
	plain := read("../../auth/words/testdata/plain.txt")
	for _, file := range files {
		if key := read(file); filepath.Base(file) != "twelve.txt" && key != plain {
			t.Errorf("%s gives another key", file)
		}
	}
}
