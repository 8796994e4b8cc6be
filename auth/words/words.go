// Package words reads a wallet's words as people paste them. The command line,
// sign_tool and, by the same rule, the web app use it: no program takes what
// another refuses, or makes another wallet of it.
package words

import "strings"

// Tidy returns the runs of Latin letters in a text in lower case, one blank
// between them: numbers, commas, quotes, line ends and odd blanks fall away. It
// does not check that they are a mnemonic.
func Tidy(text string) string {
	lower := strings.Map(func(r rune) rune {
		if r >= 'Ａ' && r <= 'ｚ' { // full-width, as input methods write them
			r -= 'Ａ' - 'A'
		}
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z':
			return r
		}
		return ' '
	}, text)
	return strings.Join(strings.Fields(lower), " ")
}

// Count returns how many words a tidied text has.
func Count(tidy string) int { return len(strings.Fields(tidy)) }
