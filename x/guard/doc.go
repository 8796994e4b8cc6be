// Package guard keeps the market usable under attack: a floor for gas prices
// that consensus enforces, and a brake that pauses new rentals. Its README is
// the specification.
package guard
