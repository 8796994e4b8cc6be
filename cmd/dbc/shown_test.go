package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// TestOutputIsFiltered: run provides no unfiltered writer, and only these files
// bypass it, each for control sequences of its own or for a stream that has its
// own filter.
func TestOutputIsFiltered(t *testing.T) {
	t.Parallel()
	allowed := []string{"cmd_cp.go", "cmd_image_pull.go", "cmd_ssh.go", "cmd_ssh_proxy.go", "cmd_vm_console.go", "main.go"}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		around := bytes.Contains(text, []byte("terminal.Raw(")) || bytes.Contains(text, []byte("os.Stdout")) || bytes.Contains(text, []byte("os.Stderr"))
		if around && !strings.HasSuffix(file, "_test.go") && !slices.Contains(allowed, file) {
			t.Errorf("%s writes around the filter", file)
		}
	}
	var out, errOut bytes.Buffer
	run(t.Context(), []string{"no\u202e\x1b[31m\u200b"}, nil, &out, &errOut)
	if got := errOut.String(); !strings.Contains(got, `\u202e`) || strings.ContainsAny(got, "\x1b\u202e\u200b") {
		t.Errorf("%q", got)
	}
}

// TestRowsAreLines: a cell can end neither its cell nor its line.
func TestRowsAreLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	row(&out, "a\nb", "c\td")
	if got := out.String(); got != `a\u000ab`+"\t"+`c\u0009d`+"\n" {
		t.Errorf("%q", got)
	}
}

// TestRefusalsAreShort gives every command a megabyte for each of its arguments.
func TestRefusalsAreShort(t *testing.T) {
	t.Setenv("DBC_HOME", t.TempDir())
	t.Setenv("DBC_WALLET", "")
	root, _ := newRootCommand(&settings{})
	for name, long := range map[string]string{
		"one word": strings.Repeat("a", 1<<20), "many": strings.Repeat("a ", 1<<19), "signs": strings.Repeat("\u202e", 1<<18),
	} {
		t.Run(name, func(t *testing.T) {
			for _, cmd := range leaves(root) {
				for n := range 3 {
					args := append(strings.Fields(cmd.CommandPath())[1:], slices.Repeat([]string{long}, n)...)
					args = append(args, "--rpc", "http://127.0.0.1:1", "--grpc", "127.0.0.1:1", "--node", "direct", "--chain-id", "dbc-devnet-1")
					var out, errOut bytes.Buffer
					if code := run(t.Context(), args, strings.NewReader(""), &out, &errOut); code == exitDone {
						continue
					}
					if size := utf8.RuneCount(errOut.Bytes()); size > 6*longestError+1000 {
						t.Errorf("%s with %d: an error of %d characters", cmd.CommandPath(), n, size)
					}
				}
			}
		})
	}
}

// leaves returns the commands that do something; those that stay have none to refuse.
func leaves(cmd *cobra.Command) (list []*cobra.Command) {
	for _, sub := range cmd.Commands() {
		list = append(list, leaves(sub)...)
	}
	if cmd.Runnable() && !cmd.HasSubCommands() && !stays(cmd) && cmd.Name() != "help" && cmd.Name() != "demo" {
		list = append(list, cmd)
	}
	return list
}

func TestShorten(t *testing.T) {
	t.Parallel()
	if got := shorten("as it is"); got != "as it is" {
		t.Errorf("%q", got)
	}
	if got := shorten("name " + strings.Repeat("é", 301) + " wanted"); got != "name "+strings.Repeat("é", 64)+"… (301 characters) wanted" {
		t.Errorf("%q", got)
	}
	long := errors.New(strings.Repeat("word ", 10_000)).Error()
	if got := utf8.RuneCountInString(shorten(long)); got > longestError+30 {
		t.Errorf("%d characters", got)
	}
}
