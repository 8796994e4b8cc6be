package words_test

import (
	"strings"
	"testing"

	"github.com/dbc-network/dbc/auth/words"
)

const plain = "order client nation slender hungry meat install often seven receive harsh jelly"

func TestTidy(t *testing.T) {
	t.Parallel()
	list := strings.Fields(plain)
	numbered := ""
	for i, word := range list {
		numbered += string(rune('1'+i%9)) + ". " + word + " "
	}
	for name, text := range map[string]string{
		"plain": plain, "one a line": strings.Join(list, "\r\n"), "upper": strings.ToUpper(plain), "commas": strings.Join(list, ", "),
		"empty first line": "\n" + plain + "\n", "quotes": `"` + plain + `"`, "no-break": strings.Join(list, "\u00a0 "), "numbered": numbered,
		"curly quotes": "“" + plain + "”", "full stops": strings.Join(list, "。"), "byte order mark": "\ufeff" + plain,
		"a line of dbc wallet create": "Words:    " + plain,
		"full width": strings.Map(func(r rune) rune {
			if r == ' ' {
				return '\u3000'
			}
			return r - 'a' + 'ａ'
		}, plain),
	} {
		if got := words.Tidy(text); got != plain || words.Count(got) != 12 {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := words.Tidy(" 12 \n"); got != "" || words.Count(got) != 0 {
		t.Errorf("%q", got)
	}
}
