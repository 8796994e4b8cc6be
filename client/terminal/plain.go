package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dbc-network/dbc/api/untrusted"
)

// Plain makes invisible characters visible: controls, characters that reverse
// the direction of text, and those without width become \u and their number.
// Use it for text that others wrote. The web app does the same.
func Plain(s string) string {
	if strings.IndexFunc(s, untrusted.Unseen) < 0 && utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		if untrusted.Unseen(r) || r == utf8.RuneError {
			writeEscape(&out, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// writeEscape writes an escape that is valid in JSON too.
func writeEscape(out *strings.Builder, r rune) {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		fmt.Fprintf(out, `\u%04x\u%04x`, high, low)
		return
	}
	fmt.Fprintf(out, `\u%04x`, r)
}

// Safe is a writer that lets only plain text and line breaks through. It wraps
// a program's output once, so that no call site can forget it.
type Safe struct {
	raw io.Writer
	mu  sync.Mutex
	// held is an incomplete character.
	held []byte
}

// NewSafe returns a Safe that writes to w. JSON remains valid JSON with the
// same meaning.
func NewSafe(w io.Writer) *Safe { return &Safe{raw: w} }

// Write implements io.Writer.
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
		case r != '\n' && r != '\t' && untrusted.Unseen(r):
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

// Raw returns the writer behind a Safe. It is for a program's own control
// sequences, and for output with a filter of its own.
func Raw(w io.Writer) io.Writer {
	if s, ok := w.(*Safe); ok {
		return s.raw
	}
	return w
}

// File returns the file behind a writer, if it is one.
func File(w io.Writer) (*os.File, bool) {
	f, ok := Raw(w).(*os.File)
	return f, ok
}
