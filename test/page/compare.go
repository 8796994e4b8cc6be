package page

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// anything stands for any text within a line and, alone in a line, for any lines,
// maxSkipped at most: a page that leaves out more shows nothing.
const (
	anything   = "…"
	maxSkipped = 40
)

// kind is something that differs from run to run.
type kind struct {
	name string
	// id: commands further on refer to it, so what the page shows stands for what
	// was printed.
	id bool
	// pattern has one group, where only part of it varies.
	pattern string
}

// kinds in the order in which they are looked for.
var kinds = []kind{
	{name: "words", pattern: `^Words: +(.*)$`},
	{name: "phrase", pattern: `^((?:[a-z]{3,8} ){23}[a-z]{3,8}|(?:[a-z]{3,8} ){4}…)$`}, // dbcd's words, or the first four
	{name: "key", pattern: `\b(AAAA[A-Za-z0-9+/]{20,}={0,2})`},
	{name: "long", pattern: `\b([0-9A-Za-z]{65,})`},
	{name: "id", id: true, pattern: `\b([0-9a-f]{64}|[0-9A-F]{64})\b`},
	{name: "address", id: true, pattern: `\b(dbc1[02-9ac-hj-np-z]{38,58})\b`},
	{name: "task", id: true, pattern: `\b([1-9A-HJ-NP-Za-km-z]{21,22})\b`},
	{name: "socket", id: true, pattern: `\b(libvirt-[0-9a-f]{12})\b`},
	{name: "domain", pattern: `\b(dbc-[0-9a-f]{8}(?:-\d+-[0-9a-f]{12})?)\b`},
	{name: "time", pattern: `\b(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| UTC))`},
	{name: "left", pattern: `\(([0-9hms.]+) left\)`},
	{name: "block", pattern: `\bblock (\d+)`},
	{name: "gas", pattern: `\b[Gg]as:? +([0-9.]+) DBC`},
	{name: "so far", pattern: `\b(?:Earned by the host|Not yet earned|paid to the host so far):? +([0-9.]+) DBC`},
	{name: "port", id: true, pattern: `\bport (\d{4,5})\b`},
}

var (
	varying = func() *regexp.Regexp {
		parts := make([]string, len(kinds))
		for i, k := range kinds {
			parts[i] = k.pattern
		}
		return regexp.MustCompile(strings.Join(parts, "|"))
	}()
	spaces   = regexp.MustCompile(`[ \t]+`)
	rule     = regexp.MustCompile(`-{5,}`)
	shortage = regexp.MustCompile(`[0-9A-Za-z]+` + anything)
)

// plain replaces what differs from run to run by its kind, and returns the ids.
func plain(line string) (text string, ids []string) {
	var out strings.Builder
	end := 0
	for _, m := range varying.FindAllStringSubmatchIndex(line, -1) {
		for i, k := range kinds {
			from, to := m[2*i+2], m[2*i+3]
			if from < 0 {
				continue
			}
			out.WriteString(line[end:from] + "<" + k.name + ">")
			end = to
			if k.id {
				ids = append(ids, line[from:to])
			}
		}
	}
	out.WriteString(line[end:])
	text = shortage.ReplaceAllString(out.String(), anything)
	return strings.TrimSpace(rule.ReplaceAllString(spaces.ReplaceAllString(text, " "), "-----")), ids
}

// Bound maps ids that a page shows to those of this run.
type Bound map[string]string

// line compares one line and binds its ids.
func (b Bound) line(want, got string) error {
	wanted, shown := plain(want)
	printed, actual := plain(got)
	parts := strings.Split(wanted, anything)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	if !regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(printed) {
		return fmt.Errorf("printed %q, the page shows %q", got, want)
	}
	if len(shown) != len(actual) {
		return nil // an id is in what … stands for
	}
	for i, id := range shown {
		if was, known := b[id]; known && was != actual[i] {
			return fmt.Errorf("%s, for which the page shows %s, was %s before", actual[i], id, was)
		}
		b[id] = actual[i]
	}
	return nil
}

// Compare returns how the printed lines differ from the page's. It binds ids if
// they do not.
func (b Bound) Compare(want, got []string) error {
	trial := maps.Clone(b)
	if err := trial.lines(want, got); err != nil {
		return err
	}
	maps.Copy(b, trial)
	return nil
}

// lines binds up to where a line differs.
func (b Bound) lines(want, got []string) error {
	for len(want) > 0 {
		switch {
		case want[0] == anything:
			for skip := 0; skip <= min(len(got), maxSkipped); skip++ {
				if b.Compare(want[1:], got[skip:]) == nil {
					return nil
				}
			}
			return fmt.Errorf("what follows %s on the page was not printed within %d lines: %q", anything, maxSkipped, want[1:])
		case len(got) == 0:
			return fmt.Errorf("not printed: %q", want)
		}
		if err := b.line(want[0], got[0]); err != nil {
			return err
		}
		want, got = want[1:], got[1:]
	}
	if len(got) > 0 {
		return fmt.Errorf("not on the page: %q", got)
	}
	return nil
}

var word = regexp.MustCompile(`[0-9A-Za-z]+`)

// Command returns a page's command for this run. An id may be abbreviated.
func (b Bound) Command(command string) string {
	for shown, actual := range b {
		if strings.Contains(shown, "-") {
			command = strings.ReplaceAll(command, shown, actual)
		}
	}
	return word.ReplaceAllStringFunc(command, func(w string) string {
		if actual, ok := b[w]; ok {
			return actual
		}
		for shown, actual := range b {
			if len(w) >= 8 && strings.HasPrefix(shown, w) {
				return actual[:len(w)]
			}
		}
		return w
	})
}
