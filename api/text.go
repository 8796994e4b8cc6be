package api

import "unicode/utf8"

const (
	// MaxBody bounds a request's body in bytes.
	MaxBody = 1 << 20
	// MaxEcho bounds in bytes how much of a wrong value is returned.
	MaxEcho = 128
	// MaxMessage bounds a whole message in bytes.
	MaxMessage = 4096
)

// Clip truncates a caller's text to at most the given number of bytes, without
// splitting a character.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
