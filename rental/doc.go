// Package rental contains the rules of a rental without a chain: its states and
// transitions, what it has earned at a point in time, what it costs and which of
// its deadlines have passed. It does no I/O and imports no SDK, so that the
// chain, the node and the clients share the same code.
//
// Money is uint64 in udbc, the smallest unit. Remainders of divisions go to the
// renter.
package rental
