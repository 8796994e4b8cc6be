package lifecycle

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of README.md")

const begin, end = "<!-- tables -->\n", "<!-- end of tables -->\n"

// TestReadmeShowsTheTables compares the README with the tables. -update writes
// it.
func TestReadmeShowsTheTables(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(text), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("README.md has no place for the tables")
	}
	want := head + begin + tables() + end + tail
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(text) {
		t.Error("README.md shows other tables: go test ./lifecycle -run Readme -update")
	}
}

func tables() string {
	var b strings.Builder
	b.WriteString("| state | requests, and the state each makes | if it fails |\n|---|---|---|\n")
	for _, row := range table {
		var requests []string
		for request, to := range row.Requests {
			requests = append(requests, fmt.Sprintf("%s → %s", request, to))
		}
		slices.Sort(requests)
		fmt.Fprintf(&b, "| %s | %s | %s |\n", row.State, strings.Join(requests, "; "), row.Failed)
	}
	b.WriteString("\n| | when | next |\n|---|---|---|\n")
	for i, r := range rules {
		then := string(r.Then)
		if then == "" {
			then = "nothing"
		}
		fmt.Fprintf(&b, "| %d | %s | %s |\n", i+1, r.When, then)
	}
	return b.String()
}
