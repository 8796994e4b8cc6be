// Package rental contains the contract of the chain's rentals: messages, queries, events,
// parameters and errors. README.md is the specification; the pure package of the same name
// decides what state a rental is in and what it earns.
package rental
