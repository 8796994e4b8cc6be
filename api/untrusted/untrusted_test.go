package untrusted_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbc-network/dbc/api/untrusted"
)

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "RTX 4090": "RTX 4090", "世界 é": "世界 é", "a\nb\tc": "a�b�c",
		"left\u202eto right\u202c":     "left�to right�",
		"\u2066isolated\u2069\u200f":   "�isolated��",
		"ze\u200bro\u200c\u200d\u2060": "ze�ro���",
		"\ufeffmark":                   "�mark",
		"so\u00adft":                   "so�ft",
		"line\u2028and\u2029":          "line�and�",
		"esc\x1b[31m\x07\x00\x7f":      "esc�[31m���",
		"c1\u009b31m":                  "c1�31m",
		"tag\U000e0041":                "tag�",
		"filler\u3164\uffa0":           "filler��",
		"variation\ufe0f\U000e0100":    "variation��",
		"\xff\xfe":                     "��",
	} {
		if got := untrusted.Text(in, 100); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"login:\n\tok": "login:\n\tok", "a\r\nb": "a�\nb", "\x1b[2Jclear": "�[2Jclear", "\u202ea\n": "�a\n",
	} {
		if got := untrusted.Lines(in, 100); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "abc", "\u202e", "\xff", "世界", "\n\t\x1b", strings.Repeat("é", 50)} {
		f.Add(s, 7)
	}
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = min(max(most, 0), 1<<12)
		for _, got := range []string{untrusted.Text(s, most), untrusted.Lines(s, most)} {
			if len(got) > most || !utf8.ValidString(got) {
				t.Errorf("%q of at most %d became %q", s, most, got)
			}
			for _, r := range got {
				if untrusted.Unseen(r) && r != '\n' && r != '\t' {
					t.Errorf("%q has %U", got, r)
				}
			}
		}
		if got := untrusted.Text(s, most); untrusted.Text(got, most) != got {
			t.Errorf("%q is cleaned twice", got)
		}
	})
}

type inner struct {
	Name  string   `json:"name" untrusted:"8"`
	Own   string   `json:"own"`
	Names []string `json:"names" untrusted:"4"`
}

type Embedded struct {
	Desc string `json:"desc" untrusted:"8"`
}

type outer struct {
	Embedded
	Inner  inner             `json:"inner"`
	Ptr    *inner            `json:"ptr"`
	List   []inner           `json:"list"`
	Params map[string]string `json:"params" untrusted:"8"`
	Raw    json.RawMessage   `json:"raw" untrusted:"8"`
	Log    string            `json:"log" untrusted:"16,lines"`
	None   []inner           `json:"none"`
}

// TestClean: wherever it is in a reply, and without a change of what the reply was made of.
func TestClean(t *testing.T) {
	t.Parallel()
	bad := inner{Name: "\u202eabcdefgh", Own: "\u202emine", Names: []string{"a\x00", "abcdef"}}
	good := inner{Name: "�ab…", Own: "\u202emine", Names: []string{"a�", "a…"}}
	make := func(i inner, param, log string) outer {
		again := i
		return outer{Embedded: Embedded{Desc: i.Name}, Inner: i, Ptr: &again, List: []inner{i, i}, Params: map[string]string{"k\u200b": param}, Raw: json.RawMessage(`"\u202e and more"`), Log: log}
	}
	in, before := make(bad, "x\u200b", "a\n\x1b"), make(bad, "x\u200b", "a\n\x1b")
	if got, want := untrusted.Clean(in), make(good, "x�", "a\n�"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := untrusted.Clean(&in).(*outer); got.Ptr.Name != good.Name {
		t.Errorf("behind a pointer: %+v", got)
	}
	if !reflect.DeepEqual(in, before) {
		t.Errorf("what the reply was made of became %+v", in)
	}
	for _, v := range []any{nil, "ok", 7, []byte("x"), struct{ A string }{"\u202e"}} {
		if got := untrusted.Clean(v); !reflect.DeepEqual(got, v) {
			t.Errorf("%v became %v", v, got)
		}
	}
}
