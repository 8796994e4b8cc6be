// Package docs checks the pages the way a reader gets to them: by their links.
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
)

const root = "../.."

// link matches a Markdown link; code is removed first.
var (
	link = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	code = regexp.MustCompile("(?m)^```(?s:.*?)^```|`[^`\n]*`|^(?:    |\t).*$")
)

// pages returns the repository's Markdown files by path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == filepath.Join(root, "site/pages") {
			return filepath.SkipDir // copies
		}
		if d.IsDir() && slices.Contains([]string{".git", ".tools", "node_modules", "build", "bin", "testdata"}, d.Name()) {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".md" || d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		name, relErr := filepath.Rel(root, path)
		if err == nil {
			err = relErr
		}
		found[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// links returns the pages inside the repository that a page links to.
func links(name, text string) []string {
	var to []string
	for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
		target, _, _ := strings.Cut(m[1], "#")
		if target == "" || strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
			continue
		}
		to = append(to, filepath.Join(filepath.Dir(name), target))
	}
	return to
}

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	for name, text := range pages(t) {
		for _, target := range links(name, text) {
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s: %v", name, target, err)
			}
		}
	}
}

// forReaders reports whether a page has a twin and is linked.
func forReaders(name string) bool {
	return slices.Contains([]string{"docs", "docs/reference"}, filepath.Dir(name))
}

// TestEveryPageIsFound verifies that every page can be reached from the README
// in its own language.
func TestEveryPageIsFound(t *testing.T) {
	t.Parallel()
	all := pages(t)
	reach := func(from string) map[string]bool {
		seen := map[string]bool{}
		for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
			name := queue[0]
			if text, isPage := all[name]; isPage && !seen[name] {
				seen[name] = true
				queue = append(queue, links(name, text)...)
			} else if _, ok := all[filepath.Join(name, "README.md")]; ok {
				queue = append(queue, filepath.Join(name, "README.md"))
			}
		}
		return seen
	}
	english, chinese := reach("README.md"), reach("README.zh.md")
	for name := range all {
		if !forReaders(name) {
			continue
		}
		if strings.HasSuffix(name, ".zh.md") && !chinese[name] || !english[name] {
			t.Errorf("no link leads to %s", name)
		}
	}
}

// TestEveryPageIsInTheNavigation verifies that the site shows each page, and
// that its navigation names no other.
func TestEveryPageIsInTheNavigation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "site/nav.json"))
	if err != nil {
		t.Fatal(err)
	}
	var nav []struct {
		En, Zh string
		Pages  []string
	}
	if err := json.Unmarshal(text, &nav); err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, group := range nav {
		if group.En == "" || group.Zh == "" {
			t.Errorf("a group has no title in both languages: %v", group)
		}
		for _, pattern := range group.Pages {
			matches, err := filepath.Glob(filepath.Join(root, pattern))
			if err != nil || len(matches) == 0 {
				t.Errorf("site/nav.json names %s, which does not exist (%v)", pattern, err)
			}
			for _, match := range matches {
				name, err := filepath.Rel(root, match)
				if err != nil {
					t.Fatal(err)
				}
				shown[name] = true
			}
		}
	}
	for name := range pages(t) {
		if strings.HasPrefix(name, "docs/") && !strings.HasSuffix(name, ".zh.md") && !shown[name] {
			t.Errorf("%s is not in site/nav.json: add it to the group that a reader looks in", name)
		}
	}
}

// onlyEnglish pages are for people who work on the code, or contain both
// languages.
var onlyEnglish = []string{"docs/benchmarks.md", "docs/glossary.md"}

// TestEveryPageHasItsTwin verifies that both languages have the same sections
// and link to each other.
func TestEveryPageHasItsTwin(t *testing.T) {
	t.Parallel()
	all := pages(t)
	sections := func(text string) int { return strings.Count(text, "\n## ") }
	for name, text := range all {
		if !forReaders(name) || strings.HasSuffix(name, ".zh.md") || slices.Contains(onlyEnglish, name) {
			continue
		}
		twin := strings.TrimSuffix(name, ".md") + ".zh.md"
		chinese, ok := all[twin]
		switch {
		case !ok:
			t.Errorf("%s has no Chinese page", name)
		case !slices.Contains(links(name, text), twin) || !slices.Contains(links(twin, chinese), name):
			t.Errorf("%s and %s do not link to each other", name, twin)
		case sections(text) != sections(chinese):
			t.Errorf("%s has %d sections, %s %d", name, sections(text), twin, sections(chinese))
		}
	}
}

// TestDecisionsAreNumberedOnce: a decision is cited by its number, which its file and
// its title share.
func TestDecisionsAreNumberedOnce(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, "docs", "adr", "0*.md"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for i, file := range files {
		number := fmt.Sprintf("%04d", i+1)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(filepath.Base(file), number+"-") || !strings.HasPrefix(string(text), "# "+number+": ") {
			t.Errorf("%s: want number %s in name and title", file, number)
		}
	}
}
