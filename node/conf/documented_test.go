package conf

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestKeysAreDocumented: the table of core.conf's keys in the guide for hosts
// has each key once, in both languages, and no other.
func TestKeysAreDocumented(t *testing.T) {
	t.Parallel()
	key := regexp.MustCompile("`([a-z_]+)`")
	keys := roleOf("").keys()
	for _, page := range []string{"../../docs/hosting.md", "../../docs/hosting.zh.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		_, table, found := strings.Cut(string(text), "| `role` |")
		if !found {
			t.Fatalf("%s has no table that begins with role", page)
		}
		table, _, _ = strings.Cut("| `role` |"+table, "\n\n")
		var listed []string
		for line := range strings.Lines(table) {
			for _, m := range key.FindAllStringSubmatch(strings.Split(line, "|")[1], -1) {
				listed = append(listed, m[1])
			}
		}
		for name := range keys {
			if !slices.Contains(listed, name) {
				t.Errorf("%s does not list %s", page, name)
			}
		}
		slices.Sort(listed)
		if compact := slices.Compact(slices.Clone(listed)); len(compact) != len(listed) || len(compact) != len(keys) {
			t.Errorf("%s lists %v; core.conf has %s", page, listed, keys.names())
		}
	}
}
