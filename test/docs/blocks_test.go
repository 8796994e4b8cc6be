package docs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/test/page"
)

// blocks reads the pages that readers have. A block that nobody runs and that has
// no reason for it is an error.
func blocks(t *testing.T) map[string][]page.Block {
	t.Helper()
	all, err := page.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestTwinsHaveTheSameBlocks: what runs of the English page ran for the Chinese
// one, too. Only comments of commands differ, and what a command that nobody can
// run prints in the reader's language.
func TestTwinsHaveTheSameBlocks(t *testing.T) {
	t.Parallel()
	all := blocks(t)
	comment := regexp.MustCompile(`(?m)[ \t]+# .*$`)
	for name, english := range all {
		chinese, ok := all[page.Twin(name)]
		if !ok || strings.HasSuffix(name, ".zh.md") {
			continue
		}
		if len(english) != len(chinese) {
			t.Errorf("%s has %d blocks, %s %d", name, len(english), page.Twin(name), len(chinese))
			continue
		}
		for i, e := range english {
			c := chinese[i]
			if e.Language == "mermaid" {
				continue // a figure, with words of its language
			}
			text := func(b page.Block) string {
				if b.Skip != "" {
					b.Text = fmt.Sprint(commands(b))
				}
				return comment.ReplaceAllString(b.Text, "")
			}
			if e.Language != c.Language || e.Run != c.Run || e.Skip != c.Skip || e.Long != c.Long || e.Stays != c.Stays || e.Terminal != c.Terminal || e.Ends != c.Ends || text(e) != text(c) {
				t.Errorf("%s:%d and %s:%d differ", e.Page, e.Line, c.Page, c.Line)
			}
		}
	}
}

func commands(b page.Block) (list []string) {
	for _, step := range b.Steps {
		list = append(list, step.Command)
	}
	return list
}

// TestScenariosAreRun: every scenario has a block and a package that follows it.
func TestScenariosAreRun(t *testing.T) {
	t.Parallel()
	all := blocks(t)
	for scenario, of := range page.Scenarios {
		if !slices.ContainsFunc(all[of.Page], func(b page.Block) bool { return b.Run == scenario }) {
			t.Errorf("no block of %s is of scenario %s", of.Page, scenario)
		}
		folder := of.Package
		files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(files, func(file string) bool {
			text, err := os.ReadFile(file)
			return err == nil && strings.Contains(string(text), `"`+scenario+`"`)
		}) {
			t.Errorf("no test in %s names scenario %s", folder, scenario)
		}
	}
}

// TestExamplesAreJSON: what a page shows as JSON is.
func TestExamplesAreJSON(t *testing.T) {
	t.Parallel()
	for _, list := range blocks(t) {
		for _, b := range list {
			if b.Language == "json" && !json.Valid([]byte(b.Text)) {
				t.Errorf("%s:%d is no JSON", b.Page, b.Line)
			}
		}
	}
}

// TestTargetsExist: what a page says to make can be made.
func TestTargetsExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`(?m)^make ([a-z -]+)`)
	for _, list := range blocks(t) {
		for _, b := range list {
			for _, step := range b.Steps {
				for _, m := range call.FindAllStringSubmatch(step.Command, -1) {
					for _, target := range strings.Fields(m[1]) {
						if !strings.Contains(string(text), "\n"+target+": ") {
							t.Errorf("%s:%d: there is no target %s", b.Page, step.Line, target)
						}
					}
				}
			}
		}
	}
}
