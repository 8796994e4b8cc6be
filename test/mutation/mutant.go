package main

import (
	"fmt"
	"strings"
)

// Operator is a way to change a program.
type Operator string

// The operators. They also cover the usual others: a test that distinguishes a
// condition from one that is always true and one that is always false also
// detects its negation and a swapped && and ||.
const (
	// Always makes a condition, or an operand of &&, true. It counts as reached
	// only where the original is false.
	Always Operator = "always"
	// Never makes a condition, or an operand of ||, false. It counts as reached
	// only where the original is true.
	Never Operator = "never"
	// Boundary swaps < and <=, Before and !After, LT and LTE.
	Boundary Operator = "boundary"
	// Arithmetic swaps + and -, * and /, min and max, ++ and --, Add and Sub.
	Arithmetic Operator = "arithmetic"
	// Operand keeps one operand of an operation, or one argument of a call that
	// has the result's type.
	Operand Operator = "operand"
	// Argument passes another argument of the same type in its place.
	Argument Operator = "argument"
	// Constant adds one to an integer, doubles a duration, and negates true and false.
	Constant Operator = "constant"
	// Field leaves an element of a composite literal at its zero value.
	Field Operator = "field"
	// Delete removes a statement.
	Delete Operator = "delete"
	// Return returns the zero value in place of a result; for an error that is
	// nil. A variable's error counts as returned only where there is one.
	Return Operator = "return"
)

// Mutant is one change of one place.
type Mutant struct {
	// ID counts from 1 within its package.
	ID int
	// Package is the folder below the module's root, as in "x/rental/keeper".
	Package string
	// File is the name in that folder.
	File string
	Line int
	// Func is the function, method or package variable that contains the place.
	Func     string
	Operator Operator
	// Text is the original text, followed by an arrow and the replacement if
	// that is not evident.
	Text string
	// Nth distinguishes mutants that are equal in all of the above; 1 for the
	// first.
	Nth int
	// Failing is true on the path of a callee's error.
	Failing bool
}

// Key identifies a mutant in a way that survives moved lines.
func (m Mutant) Key() string {
	key := fmt.Sprintf("%s/%s %s %s: %s", m.Package, m.File, m.Func, m.Operator, m.Text)
	if m.Nth > 1 {
		key += fmt.Sprintf(" #%d", m.Nth)
	}
	return key
}

const maxText = 100

// shorten returns one line of at most maxText characters.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > maxText {
		return string(r[:maxText-1]) + "…"
	}
	return text
}
