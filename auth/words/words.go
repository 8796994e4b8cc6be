// Package words normalizes a mnemonic as people paste it. The command line,
// sign_tool and the web app apply the same rule, so that no program accepts
// what another refuses, or derives another wallet from it.
package words

import "strings"

// Tidy returns the runs of Latin letters of a text in lower case, separated by
// single spaces. Numbers, commas, quotes, line breaks and extra spaces are
// dropped, and so is "Words:", which dbc prints before them and no mnemonic has. It
// does not check that the words form a mnemonic.
func Tidy(text string) string {
	lower := strings.Map(func(r rune) rune {
		if r >= 'Ａ' && r <= 'ｚ' { // full-width letters, which input methods produce
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
	list := strings.Fields(lower)
	if len(list) > 1 && list[0] == "words" {
		list = list[1:]
	}
	return strings.Join(list, " ")
}

// Count returns the number of words in a tidied text.
func Count(tidy string) int { return len(strings.Fields(tidy)) }
