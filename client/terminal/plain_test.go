package terminal_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/dbc-network/dbc/client/terminal"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                     "",
		"Köln 上海 תל אביב RTX™ é":               "Köln 上海 תל אביב RTX™ é",
		"\x1b[31mred\x07\x9b":                  `\u001b[31mred\u0007\ufffd`,
		"a\u0085b\u009b2J":                     `a\u0085b\u009b2J`,
		"100\u202e001 DBC":                     `100\u202e001 DBC`,
		"\u2066a\u2069\u061c":                  `\u2066a\u2069\u061c`,
		"pay\u200bpal\u200d\ufeff\u00ad\u2060": `pay\u200bpal\u200d\ufeff\u00ad\u2060`,
		"\U000e0041":                           `\udb40\udc41`,
		"a\u3164b\u115f\u034f\ufe0f":           `a\u3164b\u115f\u034f\ufe0f`,
		"a\nb\tc\u2028":                        `a\u000ab\u0009c\u2028`,
		"\xff":                                 `\ufffd`,
	} {
		if got := terminal.Plain(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

// TestSafeKeepsJSON verifies that JSON escaped by Safe decodes to the original
// text.
func TestSafeKeepsJSON(t *testing.T) {
	t.Parallel()
	text := "a\u202e\u200b\U000e0041\u0085<é>\U0001f600"
	var shown bytes.Buffer
	if err := json.NewEncoder(terminal.NewSafe(&shown)).Encode(text); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsFunc(strings.TrimSpace(shown.String()), func(r rune) bool { return unicode.Is(unicode.Cf, r) || unicode.IsControl(r) }) {
		t.Errorf("%q", &shown)
	}
	var back string
	if err := json.Unmarshal(shown.Bytes(), &back); err != nil || back != text {
		t.Errorf("%q %v", back, err)
	}
}

// FuzzSafe verifies that nothing controls a terminal, however it is split into
// writes.
func FuzzSafe(f *testing.F) {
	f.Add([]byte("a\u202e\x1b[2J\xe2\x80"), 2)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		var out bytes.Buffer
		w := terminal.NewSafe(&out)
		cut = min(max(cut, 0), len(data))
		for _, part := range [][]byte{data[:cut], data[cut:]} {
			if n, err := w.Write(part); n != len(part) || err != nil {
				t.Fatal(n, err)
			}
		}
		if !utf8.Valid(out.Bytes()) {
			t.Fatalf("%q", out.Bytes())
		}
		for _, r := range out.String() {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)) {
				t.Fatalf("%U in %q", r, out.Bytes())
			}
		}
	})
}
