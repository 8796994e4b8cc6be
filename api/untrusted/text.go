// Package untrusted cleans text that a host, a guest or another renter wrote, before
// a node sends it on: whoever shows it, on a terminal or in a page, is not to be
// deceived by characters that nobody sees, nor flooded. A field of a reply says so in
// its tag, which the API's document is made from as well.
package untrusted

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden are characters without a glyph: Unicode's Default_Ignorable_Code_Point
// and all format characters, those that reverse the direction of text among them.
var hidden = []*unicode.RangeTable{
	unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector,
}

// Unseen reports whether a character is a control, or has no glyph of its own.
func Unseen(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return r < 0xa0 || unicode.In(r, hidden...)
}

const mark = "…"

// Text returns s in one line of at most so many bytes of valid UTF-8. What is unseen
// becomes U+FFFD, so that two texts that look alike are alike; the rest is cut off
// behind an ellipsis.
func Text(s string, most int) string { return clean(s, most, false) }

// Lines is Text for several lines, which may have tabs.
func Lines(s string, most int) string { return clean(s, most, true) }

func clean(s string, most int, lines bool) string {
	plain := func(r rune) bool { return !Unseen(r) || lines && (r == '\n' || r == '\t') }
	if len(s) <= most && utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	var out strings.Builder
	for _, r := range s { // of bytes that are no character each is U+FFFD
		if out.Len() > most {
			break
		}
		if !plain(r) {
			r = utf8.RuneError
		}
		out.WriteRune(r)
	}
	if out.Len() <= most {
		return out.String()
	}
	end := max(most-len(mark), 0)
	for !utf8.RuneStart(out.String()[end]) {
		end--
	}
	if most < len(mark) {
		return ""
	}
	return out.String()[:end] + mark
}
