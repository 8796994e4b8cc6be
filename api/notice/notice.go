// Package notice names what a node tells a renter of a VM: reasons, which say
// why a VM is as it is, and notices, which say what its renter is about to lose
// or should know. Both are codes with parameters; the program that shows them
// has the words, in its reader's language.
package notice

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Code names a reason or a notice.
type Code string

// Params of a code, by name. Numbers are in decimal digits.
type Params map[string]string

// Reason says why a VM, or a change of its disks, is as it is.
type Reason struct {
	Code   Code   `json:"code"`
	Params Params `json:"params,omitempty" untrusted:"512"`
}

// Is reports whether there is a reason of this code.
func (r *Reason) Is(code Code) bool { return r != nil && r.Code == code }

// String is for logs and for people who look into it: the code, and the
// parameters in order.
func (r *Reason) String() string {
	if r == nil {
		return ""
	}
	var b strings.Builder
	b.WriteString(string(r.Code))
	for _, name := range slices.Sorted(maps.Keys(r.Params)) {
		b.WriteString(" " + name + "=" + r.Params[name])
	}
	return b.String()
}

// Notice says what a renter is about to lose, or should know.
type Notice struct {
	Code Code `json:"code"`
	// At is when it happens; zero where it has no time.
	At time.Time `json:"at,omitzero"`
	// WithinSeconds is the sharpest bound of the time left that has been passed: a
	// day, an hour or ten minutes; 0 where none has.
	WithinSeconds int64 `json:"within_seconds,omitempty"`
	// TaskID is the VM that it is about.
	TaskID string `json:"task_id,omitempty"`
	Params Params `json:"params,omitempty" untrusted:"512"`
}

// maxDetail bounds a detail in bytes.
const maxDetail = 512

// New returns a reason; pairs are names and values of its parameters.
func New(code Code, pairs ...string) *Reason {
	if len(pairs) == 0 {
		return &Reason{Code: code}
	}
	params := make(Params, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		params[pairs[i]] = pairs[i+1]
	}
	return &Reason{Code: code, Params: params}
}

// Failed returns a reason with the error as its detail: in English, of up to
// 512 bytes, for whoever looks into it. No program reads a meaning from it.
func Failed(code Code, err error, pairs ...string) *Reason {
	r := New(code, pairs...)
	if r.Params == nil {
		r.Params = Params{}
	}
	r.Params[Detail] = clip(err.Error())
	return r
}

func clip(text string) string {
	text = strings.ToValidUTF8(text, "�")
	if len(text) <= maxDetail {
		return text
	}
	end := maxDetail - len("…")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
