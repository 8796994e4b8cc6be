// Package reference holds docs/reference against what programs say: the tests of a
// package hand over what it defines, and a page has it between two comments. What is
// around them is written by hand. With -update-reference the tests write their parts anew.
package reference

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Not "update": a package that tests of the SDK link has taken that.
var update = flag.Bool("update-reference", false, "write the generated parts of docs/reference anew")

// Language is one of the two that pages are in.
type Language string

// The languages, and the ends of their pages' names.
const (
	English Language = ".md"
	Chinese Language = ".zh.md"
)

// Languages are both.
var Languages = []Language{English, Chinese}

// Part compares a part of a page of docs/reference with text, or writes it. A part begins
// and ends with a line of its own, each a comment with the part's name.
func Part(t *testing.T, page string, lang Language, part, text string) {
	t.Helper()
	path := filepath.Join(Root(t), "docs", "reference", page+string(lang))
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := fmt.Sprintf("<!-- %s: generated, do not edit -->\n", part), fmt.Sprintf("<!-- end of %s -->\n", part)
	before, rest, begins := strings.Cut(string(old), begin)
	had, after, ends := strings.Cut(rest, end)
	text = "\n" + strings.TrimSpace(text) + "\n\n"
	switch {
	case !begins || !ends:
		t.Errorf("%s has no lines %q and %q", path, begin, end)
	case had == text:
	case *update:
		if err := os.WriteFile(path, []byte(before+begin+text+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the part %s of %s is not what the code says; run make reference%s", part, path, difference(had, text))
	}
}

// difference shows the first line that differs.
func difference(had, want string) string {
	is := strings.Split(had, "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(is) || is[i] != line {
			return "\nwant: " + line + "\nhave: " + strings.Join(is[min(i, len(is)):min(i+1, len(is))], "")
		}
	}
	return ""
}

// Root returns the repository's folder, which is above every package's.
func Root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	t.Fatalf("no go.mod is above this package (%v)", err)
	return ""
}

// In returns an English text of the code in a language.
func In(t *testing.T, lang Language, chinese map[string]string, text string) string {
	t.Helper()
	if lang == English || text == "" {
		return text
	}
	translated, ok := chinese[text]
	if !ok {
		t.Errorf("docs/reference has no Chinese for %q", text)
	}
	return translated
}

// Table returns a table of Markdown. A bar within a cell does not end it.
func Table(columns []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) {
		for _, cell := range cells {
			b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		b.WriteString("|\n")
	}
	line(columns)
	b.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
	for _, cells := range rows {
		line(cells)
	}
	return b.String()
}

// Code returns a value as code, nothing for none.
func Code(value string) string {
	if value == "" {
		return ""
	}
	return "`" + value + "`"
}
