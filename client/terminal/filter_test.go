package terminal_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbc-network/dbc/client/terminal"
)

func filtered(t *testing.T, pieces ...string) string {
	t.Helper()
	var out bytes.Buffer
	f := terminal.NewFilter(&out)
	for _, p := range pieces {
		if n, err := f.Write([]byte(p)); n != len(p) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	return out.String()
}

func TestFilter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"text":                   {"login: é世\r\n\t\a", "login: é世\r\n\t\a"},
		"colours":                {"\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"},
		"full screen":            {"\x1b[?1049h\x1b[2J\x1b[10;20H\x1b[?25l", "\x1b[?1049h\x1b[2J\x1b[10;20H\x1b[?25l"},
		"lines of a box":         {"\x1b(0lqk\x1b(B", "\x1b(0lqk\x1b(B"},
		"title":                  {"a\x1b]0;evil\x07b", "ab"},
		"title, ended otherwise": {"a\x1b]0;evil\x1b\\b", "ab"},
		"clipboard":              {"\x1b]52;c;ZXZpbA==\x07", ""},
		"device control":         {"a\x1bP$qm\x1b\\b", "ab"},
		"a string in a string":   {"\x1b]0;\x1b[31m\x1b\\x", "x"},
		"who are you":            {"\x1b[c\x1b[>c\x1bZ\x05", ""},
		"where is the cursor":    {"\x1b[6n\x1b[?6n", ""},
		"window":                 {"\x1b[21t\x1b[8;1;1t", ""},
		"printer":                {"\x1b[5i\x1b[?5i", ""},
		"mouse":                  {"\x1b[?1000h\x1b[?1;1000h\x1b[?1004h", ""},
		"keyboard lock":          {"\x1b[2h", ""},
		"mode query":             {"\x1b[?25$p", ""},
		"C1 as a character":      {"a\u009b31mb", "a31mb"},
		"C1 as a byte":           {"a\x9b31mb", "a?31mb"},
		"broken text":            {"\xe4\xb8x\xff", "?x?"},
		"cut off by another":     {"\x1b[3\x1b[1mx", "\x1b[1mx"},
		"cancelled":              {"\x1b]0;t\x18x\x1b[3\x1ay", "xy"},
		"control in a sequence":  {"\x1b[3\n1m", "1m"},
		"too long":               {"\x1b[" + strings.Repeat("1;", 100) + "mx", "x"},
		"controls":               {"\x00\x01\x7fx", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := filtered(t, c.in); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if got := filtered(t, strings.Split(c.in, "")...); utf8.ValidString(c.in) && got != c.want {
				t.Errorf("piece by piece %q, want %q", got, c.want)
			}
		})
	}
}

// known matches all sequences that may pass.
var known = regexp.MustCompile("^(?:\x1b\\[\\??[0-9;:]*[@A-IJ-MPS-TXZ`a-bd-hlmrsu]|\x1b[()][0AB]|\x1b[78DEHM=>]|[^\x1b])*$")

func FuzzFilter(f *testing.F) {
	f.Add([]byte("a\x1b]0;t\x07\x1b[6n\x1b[1mb\xc2\x9b"), uint8(3))
	f.Fuzz(func(t *testing.T, data []byte, cut uint8) {
		got := filtered(t, string(data))
		if !utf8.ValidString(got) || !known.MatchString(got) || strings.ContainsAny(got, "\x05\x00\u0090\u009b\u009d") {
			t.Errorf("%q became %q", data, got)
		}
		if again := filtered(t, got); again != got {
			t.Errorf("%q became %q at the second time", got, again)
		}
		at := min(int(cut), len(data))
		if pieces := filtered(t, string(data[:at]), string(data[at:])); pieces != got {
			t.Errorf("in pieces %q, at once %q", pieces, got)
		}
	})
}
