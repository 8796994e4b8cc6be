package commands

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestWalletNames: the scripts share one keyring, so that each needs names of its own: a
// name of another's fails only in a run of both, in whichever comes later.
func TestWalletNames(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(scripts) < 5 {
		t.Fatalf("%d scripts: %v", len(scripts), err)
	}
	made := regexp.MustCompile(`(?m)^exec dbc wallet (?:create|import) ([a-z0-9-]+)(.*)$`)
	owner := map[string]string{}
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range made.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[2], "--home") {
				continue // a keyring of its own
			}
			if first, ok := owner[m[1]]; ok && first != script {
				t.Errorf("%s and %s make wallet %s", first, script, m[1])
			}
			owner[m[1]] = script
		}
	}
}
