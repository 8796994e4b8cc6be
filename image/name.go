package image

import (
	"fmt"
	"strings"
)

const (
	extension  = ".qcow2"
	maxNameLen = 64
)

// CheckName refuses what is not the plain name of an image: letters, digits,
// dot, - and _, a letter or digit first, ending in .qcow2, at most 64 bytes.
// What passes has no path in it and can't be read as an option.
func CheckName(name string) error {
	stem, ok := strings.CutSuffix(name, extension)
	if !ok || stem == "" || len(name) > maxNameLen {
		return fmt.Errorf("%w: %q: want at most %d characters that end in %s", ErrName, shorten(name), maxNameLen, extension)
	}
	for i, c := range []byte(stem) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c == '.' || c == '-' || c == '_'):
		default:
			return fmt.Errorf("%w: %q: only letters, digits, dot, - and _ are allowed, a letter or digit first", ErrName, shorten(name))
		}
	}
	if strings.Contains(stem, "..") {
		return fmt.Errorf("%w: %q has two dots in a row", ErrName, name)
	}
	return nil
}

func shorten(s string) string {
	if len(s) > maxNameLen {
		return s[:maxNameLen] + "…"
	}
	return s
}
