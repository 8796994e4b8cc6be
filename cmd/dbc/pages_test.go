package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/test/page"
)

// TestPagesAreAccepted: every dbc command in a code block of README and docs,
// even one that nobody can run, exists, with its flags and arguments.
func TestPagesAreAccepted(t *testing.T) {
	t.Parallel()
	all, err := page.Read("../..")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, blocks := range all {
		for _, b := range blocks {
			for _, step := range b.Steps {
				for _, words := range commandsOf(step.Command) {
					at := slices.Index(words, "dbc")
					if at < 0 || slices.Contains(words[:at], "install") {
						continue
					}
					n++
					if err := parses(words[at+1:]); err != nil {
						t.Errorf("%s:%d: dbc %q: %v", b.Page, step.Line, words[at+1:], err)
					}
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d commands were found", n)
	}
}

// parses parses a command line as dbc does, and runs nothing.
func parses(words []string) error {
	root, _ := newRootCommand(&settings{})
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	if !cmd.Runnable() {
		return fmt.Errorf("%s is no command of its own", cmd.CommandPath())
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

// commandsOf splits a script into commands, and each command into words without
// redirections.
func commandsOf(script string) (commands [][]string) {
	var (
		words   []string
		word    strings.Builder
		begun   bool
		quote   rune
		skip    bool // the next word is a file
		comment bool
	)
	end := func() {
		if begun && !skip {
			words = append(words, word.String())
		}
		skip = skip && !begun
		word.Reset()
		begun = false
	}
	script = strings.ReplaceAll(script, "\\\n", " ")
	for _, r := range script {
		switch {
		case comment && r != '\n', r == '#' && !begun && quote == 0:
			comment = true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == '<' || r == '>':
			end()
			skip = true
		case r == ' ' || r == '\t':
			end()
		case strings.ContainsRune("|;&()\n", r):
			end()
			commands, words, skip, comment = append(commands, words), nil, false, false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	end()
	return append(commands, words)
}

func TestCommandsOf(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`dbc a --b 'c d'`:                          `[[dbc a --b c d]]`,
		"dbc a \\\n  --b \"\" # why it's so | how": `[[dbc a --b ]]`,
		`dbc a < file | dbc b > other; dbc c &`:    `[[dbc a] [dbc b] [dbc c] []]`,
		"# a title\ndbc a":                         `[[] [dbc a]]`,
	} {
		if got := fmt.Sprint(commandsOf(script)); got != want {
			t.Errorf("%q: %s, want %s", script, got, want)
		}
	}
}
