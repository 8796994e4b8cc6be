// Package rental is what a rental is, without a chain around it: its states,
// what moves it between them, what it has earned at a time, what it costs and
// which of its deadlines have passed. It does no I/O and imports no SDK, so
// that the chain, the node and the clients decide by the same code.
//
// Money is uint64 in udbc, the smallest unit. Where a division leaves a rest,
// the rest goes to the renter.
package rental
