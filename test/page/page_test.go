package page

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	text := "# Page\n\n```console run=guide stays\n$ one \\\n  more\nsaid\n\nsaid too\n$ two <<END\n> in\n> END\n> said\nbegun\n```\n\n1. item\n\n    its text\n\nend\n"
	blocks, err := Parse("docs/guide.md", text)
	if err != nil || len(blocks) != 1 {
		t.Fatalf("%+v, %v", blocks, err)
	}
	b := blocks[0]
	if b.Run != "guide" || !b.Stays || b.Line != 3 || len(b.Steps) != 2 {
		t.Fatalf("%+v", b)
	}
	one, two := b.Steps[0], b.Steps[1]
	if one.Command != "one \\\n  more" || one.Line != 4 || strings.Join(one.Output, "|") != "said||said too" {
		t.Errorf("%+v", one)
	}
	if two.Command != "two <<END\nin\nEND\nsaid" || strings.Join(two.Output, "|") != "begun" {
		t.Errorf("%+v", two)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an indented block":        "text\n\n    dbc machines\n",
		"a block without language": "```\n$ dbc\n```\n",
		"nobody runs it":           "```console\n$ dbc\n```\n",
		"another shell":            "```bash run=guide\n$ dbc\n```\n",
		"no such scenario":         "```console run=nowhere\n$ dbc\n```\n",
		"no such reason":           "```console skip=lazy\n$ dbc\n```\n",
		"both":                     "```console run=guide skip=takes-long\n$ dbc\n```\n",
		"a block that is no shell": "```json run=guide\n{}\n```\n",
		"stays without a run":      "```console skip=takes-long stays\n$ dbc\n```\n",
		"ends without a run":       "```console skip=takes-long ends=node\n$ dbc\n```\n",
		"ends nothing":             "```console run=guide ends\n$ dbc\n```\n",
		"an unknown word":          "```console run=guide perhaps\n$ dbc\n```\n",
		"output without a command": "```console run=guide\nsaid\n```\n",
		"no end":                   "```console run=guide\n$ dbc\n",
		"another page's scenario":  "```console run=demo\n$ dbc\n```\n",
		"stays without output":     "```console run=guide stays\n$ dbc one\nsaid\n$ dbc two\n```\n",
		"stays with any output":    "```console run=guide stays long=log\n$ dbc\n…\n\n```\n",
		"lines left out":           "```console run=guide\n$ dbc\n…\nNext\n```\n",
		"left out for no reason":   "```console run=guide long=dull\n$ dbc\n…\nNext\n```\n",
		"a reason for nothing":     "```console run=guide long=log\n$ dbc\nNext: …\n```\n",
		"stays without a command":  "```console run=guide stays\n```\n",
		"a script that stays":      "```sh run=guide stays\ndbc\n```\n",
	} {
		if blocks, err := Parse("docs/guide.md", text); err == nil {
			t.Errorf("%s: %+v", name, blocks)
		}
	}
}

// TestScenariosOfTwins: a scenario runs on its page and on that in Chinese.
func TestScenariosOfTwins(t *testing.T) {
	t.Parallel()
	for name, right := range map[string]bool{"docs/guide.md": true, "docs/guide.zh.md": true, "docs/hosting.md": false, "": false} {
		if _, err := Parse(name, "```console run=guide\n$ dbc\n```\n"); (err == nil) != right {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const (
	shownID  = "2cadba9c9de3e270dd392dd259aafe9e4feac2ca1b51be6767f4b8a39b7c849b"
	actualID = "afddba7d312a6d6c33236364154fc0f0b8ed9c794613445079eb4e25498239f0"
	otherID  = "00ddba7d312a6d6c33236364154fc0f0b8ed9c794613445079eb4e25498239f0"
)

func TestCompare(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		want, got string
		right     bool
	}{
		"the same":                   {"a b", "a b", true},
		"another word":               {"running", "closed", false},
		"another amount":             {"Paid: 3.1 DBC", "Paid: 3.2 DBC", false},
		"other spaces":               {"a    b", "a  b", true},
		"an id":                      {"Machine: " + shownID, "Machine: " + actualID, true},
		"an id that is none":         {"Machine: " + shownID, "Machine: none", false},
		"one id for two":             {shownID + "\n" + shownID, actualID + "\n" + otherID, false},
		"two ids":                    {shownID + "\n" + otherID, actualID + "\n" + shownID, true},
		"a time, a block and gas":    {"2026-11-23T19:42:41.600209564Z block 8 (gas 0.001558 DBC)", "2027-01-01T00:00:00.1Z block 1234 (gas 0.1 DBC)", true},
		"a time that is none":        {"End: 2026-11-23 20:12:40 UTC", "End: never", false},
		"a port":                     {"dbc@127.0.0.1 port 9915", "dbc@127.0.0.1 port 7509", true},
		"a table":                    {"A    B\n------------\n1    2", "A B\n---------------------\n1 2", true},
		"a line too many":            {"a", "a\nb", false},
		"a line too few":             {"a\nb", "a", false},
		"a wallet's words":           {"jar supply exotic popular …", "tail own rate lumber march large talent announce buddy surface gift cook ordinary proof knock use lawsuit caught despair pair three peanut blind shy", true},
		"too few words":              {"jar supply exotic popular …", "tail own rate lumber march", false},
		"any text in a line":         {"sign: 03b33c82…", "sign: 00aa", true},
		"any text but its end":       {"a … c", "a b d", false},
		"any lines":                  {"…\nNext: dbc vm create 2", "x\ny\nNext: dbc vm create 2", true},
		"any lines, but not the end": {"…\nNext: dbc vm create 2", "x\ny\nNext: dbc vm create 3", false},
		"no lines":                   {"a\n…", "a", true},
		"too many lines":             {"a\n…\nb", "a" + strings.Repeat("\nx", maxSkipped+1) + "\nb", false},
		"as many as may be":          {"a\n…\nb", "a" + strings.Repeat("\nx", maxSkipped) + "\nb", true},
	} {
		err := Bound{}.Compare(strings.Split(c.want, "\n"), strings.Split(c.got, "\n"))
		if (err == nil) != c.right {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	b := Bound{}
	if err := b.Compare([]string{"Machine: " + shownID + ", port 9915"}, []string{"Machine: " + actualID + ", port 7509"}); err != nil {
		t.Fatal(err)
	}
	for page, want := range map[string]string{
		"dbc rent 2cadba9c 30m":     "dbc rent afddba7d 30m",
		"dbc show " + shownID:       "dbc show " + actualID,
		"connect 127.0.0.1:9915":    "connect 127.0.0.1:7509",
		"dbc confirm 1 --for 2cadb": "dbc confirm 1 --for 2cadb",
	} {
		if got := b.Command(page); got != want {
			t.Errorf("%s: %s, want %s", page, got, want)
		}
	}
}

// TestReader follows a page that is right, with a command that stays.
func TestReader(t *testing.T) {
	t.Parallel()
	blocks, err := Parse("docs/guide.md", "```console run=guide stays=one long=log\n$ echo first; echo begun; exec sleep 600\n…\nbegun\n```\n"+
		"```console run=guide ends=one stays=one\n$ echo again; exec sleep 600\nagain\n```\n"+
		"```console run=guide\n$ export A=b; cd /\n$ echo $A $PWD; echo err >&2\nb /\nerr\n$ cat <<END\n> $A\n> END\nb\n$ cat\n$ echo \"dbc: refused\"; false\ndbc: refused\n```\n"+
		"```sh run=guide\nfor i in 1 2; do\n    echo $i\ndone\n```\n")
	if err != nil {
		t.Fatal(err)
	}
	NewReader(t, t.TempDir(), nil).Follow(blocks)
}
