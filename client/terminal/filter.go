// Package terminal shows what a guest writes on its renter's terminal: lines,
// colours and full-screen programs. It blocks everything that makes the
// terminal answer, store, print, or give away the clipboard.
package terminal

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Reset restores a terminal to its state before the sequences that pass a
// Filter.
const Reset = "\x1b[!p\x1b[?1049l\x1b[?25h\x1b[?7h\x1b[?2004l\x1b>\x1b(B\x0f\x1b[0m\r\n"

const (
	esc = 0x1b
	// longest is the maximum length in bytes of a control sequence that is
	// passed on.
	longest = 64
)

type state int

const (
	ground state = iota
	escaped
	// charset expects one more byte, which names a character set.
	charset
	sequence
	// text is a string for the terminal itself, such as a title. It is dropped.
	text
	textEscaped
)

// Filter is a writer that passes on harmless output only. Sequences may be
// split over several writes.
type Filter struct {
	w     io.Writer
	state state
	// held is the incomplete sequence or character read so far.
	held []byte
	out  bytes.Buffer
}

// NewFilter returns a filter that writes to w.
func NewFilter(w io.Writer) *Filter { return &Filter{w: w} }

// Write buffers at most one sequence.
func (f *Filter) Write(data []byte) (int, error) {
	f.out.Reset()
	for _, b := range data {
		f.take(b)
	}
	if f.out.Len() > 0 {
		if _, err := f.w.Write(f.out.Bytes()); err != nil {
			return 0, err
		}
	}
	return len(data), nil
}

func (f *Filter) take(b byte) {
	// These three bytes abort any sequence.
	switch {
	case b == esc && f.state != text && f.state != textEscaped:
		f.begin(escaped, b)
		return
	case b == 0x18, b == 0x1a:
		f.begin(ground)
		return
	}
	switch f.state {
	case ground:
		f.plain(b)
	case escaped:
		f.escape(b)
	case charset:
		if strings.IndexByte("0AB", b) >= 0 {
			f.pass(b)
		}
		f.begin(ground)
	case sequence:
		f.control(b)
	case text:
		switch b {
		case esc:
			f.state = textEscaped
		case 0x07:
			f.begin(ground)
		}
	case textEscaped:
		switch b {
		case '\\':
			f.begin(ground)
		case esc:
		default:
			f.state = text
		}
	}
}

func (f *Filter) begin(s state, held ...byte) {
	f.state, f.held = s, append(f.held[:0], held...)
}

// pass writes the held bytes and b.
func (f *Filter) pass(b byte) {
	f.out.Write(f.held)
	f.out.WriteByte(b)
}

// plain handles text. Only UTF-8 passes, because some terminals treat the
// single bytes 0x80 to 0x9f, and the characters of these numbers, as controls.
func (f *Filter) plain(b byte) {
	if len(f.held) == 0 && b < utf8.RuneSelf {
		if b >= ' ' && b != 0x7f || strings.IndexByte("\a\b\t\n\v\f\r\x0e\x0f", b) >= 0 {
			f.out.WriteByte(b)
		}
		return
	}
	if len(f.held) > 0 && utf8.RuneStart(b) { // the previous character is incomplete
		f.out.WriteByte('?')
		f.held = f.held[:0]
		f.plain(b)
		return
	}
	f.held = append(f.held, b)
	if !utf8.FullRune(f.held) {
		return
	}
	switch r, _ := utf8.DecodeRune(f.held); {
	case r == utf8.RuneError:
		f.out.WriteByte('?')
	case r > 0x9f:
		f.out.Write(f.held)
	}
	f.held = f.held[:0]
}

// escape handles the byte after ESC.
func (f *Filter) escape(b byte) {
	switch {
	case b == '[':
		f.state, f.held = sequence, append(f.held, b)
	case strings.IndexByte("]PX^_", b) >= 0:
		f.begin(text)
	case b == '(' || b == ')':
		f.state, f.held = charset, append(f.held, b)
	case strings.IndexByte("78DEHM=>", b) >= 0:
		f.pass(b)
		f.begin(ground)
	default:
		f.begin(ground)
	}
}

// control collects a control sequence (ECMA-48, 5.4) up to its final byte.
func (f *Filter) control(b byte) {
	switch {
	case b < ' ' || b > 0x7e:
		f.begin(ground)
	case b < '@':
		if len(f.held) <= longest { // a longer one counts as harmful
			f.held = append(f.held, b)
		}
	default:
		if len(f.held) <= longest && harmless(string(f.held[2:]), b) {
			f.pass(b)
		}
		f.begin(ground)
	}
}

// Modes that may be set and reset. None of them reports the mouse or the focus.
var (
	privateModes = []string{"1", "5", "6", "7", "12", "25", "47", "1047", "1048", "1049", "2004"}
	ansiModes    = []string{"4", "20"}
)

// harmless reports whether a sequence moves, draws, erases or colours. An
// unknown sequence may be a query, whose answer would be typed into the guest.
func harmless(parameters string, final byte) bool {
	rest, private := strings.CutPrefix(parameters, "?")
	if strings.Trim(rest, "0123456789;:") != "" {
		return false
	}
	switch final {
	case 'h', 'l':
		allowed := ansiModes
		if private {
			allowed = privateModes
		}
		for mode := range strings.SplitSeq(rest, ";") {
			if !slices.Contains(allowed, mode) {
				return false
			}
		}
		return true
	case 'J', 'K':
		return true
	}
	return !private && strings.IndexByte("@ABCDEFGHILMPSTXZ`abdefgmrsu", final) >= 0
}
