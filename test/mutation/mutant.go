package main

import (
	"fmt"
	"strings"
)

// Operator is a way to change a program.
type Operator string

// The operators. What the usual ones beyond these would find, these find too:
// whoever tells a condition that always holds, and one that never does, from the
// written one, also tells its negation and a swapped && and || from it.
const (
	// Always lets a condition, or an operand of &&, hold. It is reached only where it doesn't.
	Always Operator = "always"
	// Never lets a condition, or an operand of ||, not hold. It is reached only where it does.
	Never Operator = "never"
	// Boundary swaps < and <=, Before and !After, LT and LTE.
	Boundary Operator = "boundary"
	// Arithmetic swaps + and -, * and /, min and max, ++ and --, Add and Sub.
	Arithmetic Operator = "arithmetic"
	// Operand keeps one operand of an operation, or of a call one argument of the result's type.
	Operand Operator = "operand"
	// Argument passes another argument of the same type in its place.
	Argument Operator = "argument"
	// Constant adds one to an integer, doubles a duration, and negates true and false.
	Constant Operator = "constant"
	// Field leaves an element of a composite literal at its zero value.
	Field Operator = "field"
	// Delete removes a statement.
	Delete Operator = "delete"
	// Return returns the zero value in place of a result; of an error that is none.
	Return Operator = "return"
)

// Mutant is one change of one place.
type Mutant struct {
	// ID counts from 1 in its package.
	ID int
	// Package is the folder below the module's root, as in "x/rental/keeper".
	Package string
	// File is the name in that folder.
	File string
	Line int
	// Func is the function, method or package variable around the place.
	Func     string
	Operator Operator
	// Text is the original text, and after an arrow what became of it, where that is not evident.
	Text string
	// Nth tells mutants apart that have all of the above in common; 1 for the first.
	Nth int
	// Failing is true on the way that an error of a callee takes.
	Failing bool
}

// Key names a mutant in a way that outlives moved lines.
func (m Mutant) Key() string {
	key := fmt.Sprintf("%s/%s %s %s: %s", m.Package, m.File, m.Func, m.Operator, m.Text)
	if m.Nth > 1 {
		key += fmt.Sprintf(" #%d", m.Nth)
	}
	return key
}

const maxText = 100

// shorten makes one line of at most maxText characters.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > maxText {
		return string(r[:maxText-1]) + "…"
	}
	return text
}
