package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestTablesFit: no line of a table is wider than its terminal, and nothing is
// lost but the rest of an id.
func TestTablesFit(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("afddba7d", 8)
	var text bytes.Buffer
	row(&text, "RENTAL", "STATE", "SLOTS", "PAID", "END", "MACHINE")
	row(&text, 1, "trial, confirm by 2026-11-25 14:49:16 UTC (29m53s left)", "[0]", "300 DBC", "2026-11-28 14:19:16 UTC", id)
	row(&text, 2, "active", "[1]", "5 DBC", "2026-11-28 14:19:16 UTC", id)
	fmt.Fprintln(&text, "A sentence that stands below the table and may be as long as it likes, for a terminal breaks it by itself.")
	row(&text, "Host keys:", strings.Repeat("x", 200))
	for _, width := range []int{60, 80, 100, 300} {
		var out bytes.Buffer
		if err := fit(&out, text.Bytes(), width); err != nil {
			t.Fatal(err)
		}
		table, rest, _ := strings.Cut(out.String(), "A sentence")
		for line := range strings.Lines(table) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d: %d characters: %q", width, n, line)
			}
		}
		if !strings.Contains(table, id[:shortID]) || strings.Contains(table, id) != (width == 300) {
			t.Errorf("%d:\n%s", width, table)
		}
		if !strings.HasPrefix(rest, " that stands below") || !strings.Contains(rest, strings.Repeat("x", 200)) {
			t.Errorf("%d: %q", width, rest)
		}
		if words := strings.Join(strings.Fields(table), ""); width == 80 && len(words) < len("RENTALSTATESLOTSPAIDENDMACHINE")+2*shortID+80 {
			t.Errorf("something is lost:\n%s", table)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a bc def": "a bc|def", "abcdefgh": "abcde|fgh", "": "", "a": "a", "aaaaa bbbbb": "aaaaa|bbbbb", "é ü ö": "é ü ö",
	} {
		if got := strings.Join(wrap(text, 5), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
