package main

import (
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write what the sample's run says")

// TestSample runs on a sample package: what its tests miss is in the golden
// file, with an entry of the list that is wrong and one of a function that no
// longer exists.
func TestSample(t *testing.T) {
	t.Parallel()
	const folder = "test/mutation/testdata/sample"
	cfg := config{
		root: "../..", dir: t.TempDir(), known: "testdata/equivalent.yaml", slowest: time.Minute, jobs: 2, all: true,
		targets: []target{{folder: folder, tests: []string{folder}}, {folder: "gone", tests: []string{"gone"}}},
	}
	if err := cfg.prepare("sample", "", ""); err != nil {
		t.Fatal(err)
	}
	var first, second strings.Builder
	for _, out := range []*strings.Builder{&first, &second} {
		if err := run(t.Context(), out, slog.New(slog.DiscardHandler), cfg); !errors.Is(err, errSurvived) {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	got := withoutTimes(first.String())
	golden := filepath.Join("testdata", "sample.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant (-update writes it):\n%s", got, want)
	}
	if again := withoutTimes(second.String()); again != got {
		t.Errorf("the second run, from what the first kept:\n%s", again)
	}
}

var times = regexp.MustCompile(`(?m)^\d+s\n|timeout after \d+s`)

func withoutTimes(text string) string { return times.ReplaceAllString(text, "") }

func TestRewrite(t *testing.T) {
	t.Parallel()
	brackets := func(left, right string) func(string) string {
		return func(inner string) string { return left + inner + right }
	}
	for name, c := range map[string]struct {
		sites []site
		want  string
	}{
		"none":        {nil, "a + b * c"},
		"apart":       {[]site{{8, 9, brackets("(", ")")}, {0, 1, brackets("[", "]")}}, "[a] + b * (c)"},
		"inside":      {[]site{{4, 5, brackets("[", "]")}, {0, 9, brackets("(", ")")}, {4, 9, brackets("<", ">")}}, "(a + <[b] * c>)"},
		"of one span": {[]site{{4, 5, brackets("[", "]")}, {4, 5, brackets("<", ">")}}, "a + [<b>] * c"},
		"an insert":   {[]site{{1, 1, brackets("!", "")}}, "a! + b * c"},
	} {
		if got := rewrite("a + b * c", c.sites); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestListIsTrueToItsForm(t *testing.T) {
	t.Parallel()
	if _, err := readKnown("equivalent.yaml"); err != nil {
		t.Error(err)
	}
	for name, text := range map[string]string{
		"without a reason": "- mutant: a\n",
		"twice":            "- {mutant: a, reason: b}\n- {mutant: a, reason: c}\n",
		"no list":          "mutant: a\n",
	} {
		file := filepath.Join(t.TempDir(), "list.yaml")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := readKnown(file); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
