// Package page reads the code blocks of README and docs, and runs their commands
// as a reader would, comparing what they print with the page.
//
// A block of a shell is fenced, and its info string says who runs it:
//
//	```console run=guide
//	$ dbc wallet create alice
//	Name:     alice
//	```
//
// or, from a closed list, why nobody does: skip=needs-cards. With the word stays
// its last command runs until the end of the scenario, as in a terminal of its own;
// as stays=node until a block with ends=node, before which the reader presses Ctrl-C.
// An … alone in a line stands for lines that are not compared, and takes a reason from a
// closed list, such as long=log.
// A command begins with "$ " and goes on in the next line after a backslash or
// where that begins with "> "; what follows is its output, compared with what is
// printed. A block of the language sh is one script to copy, without any output.
package page

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The languages of blocks with commands.
const (
	Console = "console"
	Script  = "sh"
)

// Scenario is what a test follows: the blocks of one page, or of its twin in
// Chinese. A block on any other page would claim to run and never would.
type Scenario struct {
	Page string
	// Package has the test.
	Package string
}

// Scenarios are the values of run=.
var Scenarios = map[string]Scenario{
	"demo":    {"README.md", "test/commands"},
	"guide":   {"docs/guide.md", "test/commands"},
	"cards":   {"docs/gpu.md", "cmd/dbc"},
	"client":  {"docs/client.md", "test/commands"},
	"team":    {"docs/client.md", "test/commands"},
	"hosting": {"docs/hosting.md", "test/commands"},
	"removal": {"docs/hosting.md", "test/network"},
	"fake":    {"docs/devnet.md", "test/fake"},
	"walking": {"docs/devnet.md", "test/fake"},

	"validating": {"docs/validating.md", "test/validators"},
	"unjailing":  {"docs/validating.md", "test/validators"},
	"joining":    {"docs/operating.md", "test/validators"},
	"operating":  {"docs/operating.md", "test/validators"},
	"upgrading":  {"docs/operating.md", "test/validators"},
	"backup":     {"docs/backup.md", "test/fake"},
}

// Reasons are the values of skip=, with what a reader should know.
var Reasons = map[string]string{
	"ci-itself":        "a run of CI consists of it",
	"changes-computer": "it installs, removes or restarts parts of the computer itself",
	"needs-cards":      "it needs real GPUs",
	"other-network":    "it needs a network other than a devnet",
	"takes-long":       "a measurement of many minutes",
	"needs-internet":   "it downloads from elsewhere",
}

// Longs are the values of long=: why a block leaves out whole lines.
var Longs = map[string]string{
	"log":     "a log, which goes on, and whose first lines differ from start to start",
	"build":   "what is installed and built differs from computer to computer",
	"listing": "how a listing is judged depends on the computer's network",
	"checks":  "what is checked depends on the cards",
}

func (s Scenario) on(page string) bool {
	return s.Page != "" && (page == s.Page || page == Twin(s.Page))
}

// Block is one fenced block of a page.
type Block struct {
	Page string
	// Line is that of the opening fence, from 1.
	Line int
	// Language is the first word of the info string.
	Language string
	// Run is its scenario; Skip why it has none.
	Run  string
	Skip string
	// Long is why it leaves out lines; "" if it leaves out none.
	Long string
	// Stays: the last command runs until the scenario's end, or until a block Ends
	// its Terminal.
	Stays    bool
	Terminal string
	Ends     string
	// Text is what is between the fences.
	Text  string
	Steps []Step
}

// Step is a command with the output that the page shows.
type Step struct {
	Line    int
	Command string
	Output  []string
	// Silent: the page shows no output, whatever there is.
	Silent bool
}

var (
	fence  = regexp.MustCompile("^(\\s*)```(.*)$")
	indent = regexp.MustCompile(`^(    |\t)\s*\S`)
	item   = regexp.MustCompile(`^\s*([-*+]|\d+[.)])\s`)
)

// Parse returns the blocks of a page. An indented block is an error, since it has
// no info string.
func Parse(page, text string) ([]Block, error) {
	var (
		blocks []Block
		open   *Block
		list   bool
	)
	for i, line := range strings.Split(text, "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case m != nil && open == nil:
			block, err := begin(page, m[2])
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", page, i+1, err)
			}
			block.Page, block.Line = page, i+1
			open = &block
		case m != nil:
			if err := open.split(); err != nil {
				return nil, err
			}
			blocks, open = append(blocks, *open), nil
		case open != nil:
			open.Text += line + "\n"
		case item.MatchString(line):
			list = true
		case indent.MatchString(line) && !list:
			return nil, fmt.Errorf("%s:%d: an indented block has no info string: fence it as ```%s run=… or ```%s skip=…", page, i+1, Console, Script)
		case line != "" && !strings.HasPrefix(line, " "):
			list = false
		}
	}
	if open != nil {
		return nil, fmt.Errorf("%s:%d: the block does not end", page, open.Line)
	}
	return blocks, nil
}

// begin reads an info string on a page.
func begin(page, info string) (b Block, err error) {
	words := strings.Fields(info)
	if len(words) == 0 {
		return b, fmt.Errorf("a block without a language: %s for a shell", Console)
	}
	b.Language = words[0]
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		switch {
		case key == "run" && Scenarios[value].on(page):
			b.Run = value
		case key == "skip" && Reasons[value] != "":
			b.Skip = value
		case key == "long" && Longs[value] != "":
			b.Long = value
		case key == "stays":
			b.Stays, b.Terminal = true, value
		case key == "ends" && value != "":
			b.Ends = value
		default:
			return b, fmt.Errorf("%q is neither run= with a scenario of this page, skip= with a reason, long= with one, stays nor ends= with what stays", word)
		}
	}
	switch isShell := b.Language == Console || b.Language == Script; {
	case slices.Contains([]string{"bash", "shell", "text", "shell-session"}, b.Language):
		return b, fmt.Errorf("%q: a shell's block is %s, with $ before commands, or %s", info, Console, Script)
	case isShell != (b.Run != "" || b.Skip != "") || b.Run != "" && b.Skip != "":
		return b, fmt.Errorf("%q: a shell's block, and no other, has one of run= and skip=", info)
	case b.Stays && b.Language == Script:
		return b, fmt.Errorf("%q: a script shows no output, by which a test would know that it has begun", info)
	case (b.Stays || b.Ends != "") && b.Run == "":
		return b, fmt.Errorf("%q: what is not run does not stay, and ends nothing", info)
	}
	return b, nil
}

// split divides a shell's block into steps.
func (b *Block) split() error {
	switch b.Language {
	case Console:
	case Script:
		b.Steps = []Step{{Line: b.Line + 1, Command: strings.TrimSuffix(b.Text, "\n"), Silent: true}}
		return nil
	default:
		return nil
	}
	if err := b.steps(); err != nil {
		return err
	}
	if leaves := slices.ContainsFunc(b.Steps, leavesOut); leaves != (b.Long != "") {
		return fmt.Errorf("%s:%d: an %s alone in a line is compared with nothing: show the real output, or say why not by long=; a block without one has no long=", b.Page, b.Line, anything)
	}
	if !b.Stays {
		return nil
	}
	if n := len(b.Steps); n == 0 || !slices.ContainsFunc(b.Steps[n-1].Output, tells) {
		return fmt.Errorf("%s:%d: what stays has no output, which is how a test knows that it has begun", b.Page, b.Line)
	}
	return nil
}

// leavesOut reports whether a step leaves out whole lines.
func leavesOut(s Step) bool { return slices.Contains(s.Output, anything) }

// tells reports whether a line of output has to be printed.
func tells(line string) bool { return line != "" && line != anything }

// steps divides a block of the console.
func (b *Block) steps() error {
	more := false
	for i, line := range strings.Split(strings.TrimSuffix(b.Text, "\n"), "\n") {
		command, isCommand := strings.CutPrefix(line, "$ ")
		goesOn, isMore := strings.CutPrefix(line, "> ")
		last := len(b.Steps) - 1
		switch {
		case isCommand:
			b.Steps = append(b.Steps, Step{Line: b.Line + 1 + i, Command: command})
		case last < 0:
			return fmt.Errorf("%s:%d: output before a command, which begins with $", b.Page, b.Line+1+i)
		case more || isMore && len(b.Steps[last].Output) == 0:
			command = line
			if isMore {
				command = goesOn
			}
			b.Steps[last].Command += "\n" + command
		default:
			b.Steps[last].Output = append(b.Steps[last].Output, strings.TrimRight(line, " "))
			continue
		}
		more = strings.HasSuffix(command, `\`)
	}
	return nil
}

// Read returns the blocks of every page below root that readers of the project
// have: README and docs, in both languages.
func Read(root string) (map[string][]Block, error) {
	found := map[string][]Block{}
	read := func(path string) error {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		found[name], err = Parse(name, string(text))
		return err
	}
	for _, name := range []string{"README.md", "README.zh.md"} {
		if err := read(filepath.Join(root, name)); err != nil {
			return nil, err
		}
	}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		return read(path)
	})
	return found, err
}

// Twin returns the Chinese page's name.
func Twin(page string) string { return strings.TrimSuffix(page, ".md") + ".zh.md" }

// Of returns a scenario's blocks of one page.
func Of(root, page, scenario string) ([]Block, error) {
	all, err := Read(root)
	if err != nil {
		return nil, err
	}
	var of []Block
	for _, b := range all[page] {
		if b.Run == scenario {
			of = append(of, b)
		}
	}
	if len(of) == 0 {
		return nil, fmt.Errorf("%s has no block of scenario %s", page, scenario)
	}
	return of, nil
}
