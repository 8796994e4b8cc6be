package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
)

const (
	// longestWord and longestError bound, in characters, what a refusal repeats: a
	// value of megabytes would hide its message.
	longestWord, shownWord = 300, 64
	longestError           = 2000
)

// rawAmount matches an amount as the chain's own modules write it.
var rawAmount = regexp.MustCompile(`\b[0-9]+` + chain.Denom + `\b`)

// shorten truncates the values that an error repeats, and writes amounts in DBC.
func shorten(text string) string {
	text = rawAmount.ReplaceAllStringFunc(text, func(raw string) string {
		udbc, err := strconv.ParseUint(strings.TrimSuffix(raw, chain.Denom), 10, 64)
		if err != nil {
			return raw
		}
		return client.FormatDBC(udbc)
	})
	words := strings.Split(text, " ")
	for i, word := range words {
		if n := utf8.RuneCountInString(word); n > longestWord {
			words[i] = fmt.Sprintf("%s… (%d characters)", string([]rune(word)[:shownWord]), n)
		}
	}
	if all := []rune(strings.Join(words, " ")); len(all) > longestError {
		return fmt.Sprintf("%s… (%d characters)", string(all[:longestError]), len(all))
	}
	return strings.Join(words, " ")
}
