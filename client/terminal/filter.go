// Package terminal shows what a guest writes on its renter's own terminal: lines,
// colours and full-screen programs, but nothing that makes the terminal answer,
// remember, print, or hand on the clipboard.
package terminal

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Reset brings a terminal back from what passes a Filter.
const Reset = "\x1b[!p\x1b[?1049l\x1b[?25h\x1b[?7h\x1b[?2004l\x1b>\x1b(B\x0f\x1b[0m\r\n"

const (
	esc = 0x1b
	// longest of a control sequence that is passed on, in bytes.
	longest = 64
)

type state int

const (
	ground state = iota
	escaped
	// charset: one more byte names a character set.
	charset
	sequence
	// text is a string for the terminal itself, such as a title; it is dropped.
	text
	textEscaped
)

// Filter is a writer that passes on what is harmless. What is cut into several
// writes is understood as if it came in one.
type Filter struct {
	w     io.Writer
	state state
	// held is what was read of a sequence or a character so far.
	held []byte
	out  bytes.Buffer
}

// NewFilter writes to w.
func NewFilter(w io.Writer) *Filter { return &Filter{w: w} }

// Write never keeps more than one sequence.
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
	// These three end whatever was begun.
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

// pass writes what is held, and b.
func (f *Filter) pass(b byte) {
	f.out.Write(f.held)
	f.out.WriteByte(b)
}

// plain takes text: UTF-8 only, for single bytes from 0x80 to 0x9f, and those
// characters, are controls to some terminals.
func (f *Filter) plain(b byte) {
	if len(f.held) == 0 && b < utf8.RuneSelf {
		if b >= ' ' && b != 0x7f || strings.IndexByte("\a\b\t\n\v\f\r\x0e\x0f", b) >= 0 {
			f.out.WriteByte(b)
		}
		return
	}
	if len(f.held) > 0 && utf8.RuneStart(b) { // the one before was cut short
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

// escape takes the byte after ESC.
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

// control takes a control sequence (ECMA-48, 5.4) to its final byte.
func (f *Filter) control(b byte) {
	switch {
	case b < ' ' || b > 0x7e:
		f.begin(ground)
	case b < '@':
		if len(f.held) <= longest { // one that is longer is harmless no more
			f.held = append(f.held, b)
		}
	default:
		if len(f.held) <= longest && harmless(string(f.held[2:]), b) {
			f.pass(b)
		}
		f.begin(ground)
	}
}

// The modes that may be set and reset: none that reports the mouse or the focus.
var (
	privateModes = []string{"1", "5", "6", "7", "12", "25", "47", "1047", "1048", "1049", "2004"}
	ansiModes    = []string{"4", "20"}
)

// harmless knows the sequences that move, draw, erase and colour. One that is
// not known may be a question, whose answer would be typed into the guest.
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
