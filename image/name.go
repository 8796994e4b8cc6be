package image

import (
	"fmt"
	"strings"
)

const (
	extension  = ".qcow2"
	maxNameLen = 64
)

// CheckName refuses a text that is not a plain image name: letters, digits,
// dot, - and _, starting with a letter or digit, ending in .qcow2, at most 64
// bytes. An accepted name contains no path and cannot be taken for an option.
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
