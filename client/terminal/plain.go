package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Plain shows what can't be seen: controls, characters that turn the direction
// of their neighbours round, and those without width become \u and their
// number. It is for text that others wrote; the web app does the same.
func Plain(s string) string {
	if strings.IndexFunc(s, unseen) < 0 && utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		if unseen(r) || r == utf8.RuneError {
			writeEscape(&out, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// hidden has no picture of its own: Unicode's Default_Ignorable_Code_Point, and
// all format characters.
var hidden = []*unicode.RangeTable{
	unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector,
}

func unseen(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == 0x7f
	}
	return r < 0xa0 || unicode.In(r, hidden...)
}

// writeEscape writes what JSON understands too.
func writeEscape(out *strings.Builder, r rune) {
	if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
		fmt.Fprintf(out, `\u%04x\u%04x`, high, low)
		return
	}
	fmt.Fprintf(out, `\u%04x`, r)
}

// Safe is a writer through which nothing but plain text and lines gets. It
// stands before a program's output once, so that no place can forget it.
type Safe struct {
	raw io.Writer
	mu  sync.Mutex
	// held is a character of which the rest is yet to come.
	held []byte
}

// NewSafe writes to w. JSON stays JSON, and keeps its meaning.
func NewSafe(w io.Writer) *Safe { return &Safe{raw: w} }

// Write is io.Writer.
func (s *Safe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data := p
	if len(s.held) > 0 {
		data = append(s.held, p...)
		s.held = nil
	}
	var out strings.Builder
	for len(data) > 0 {
		if !utf8.FullRune(data) {
			s.held = append([]byte(nil), data...)
			break
		}
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			writeEscape(&out, r)
		case r != '\n' && r != '\t' && unseen(r):
			writeEscape(&out, r)
		default:
			out.Write(data[:size])
		}
		data = data[size:]
	}
	if _, err := io.WriteString(s.raw, out.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Raw is the writer behind a Safe: for a program's own control sequences, and
// for what has a filter of its own.
func Raw(w io.Writer) io.Writer {
	if s, ok := w.(*Safe); ok {
		return s.raw
	}
	return w
}

// File is the file behind a writer, if it is one.
func File(w io.Writer) (*os.File, bool) {
	f, ok := Raw(w).(*os.File)
	return f, ok
}
