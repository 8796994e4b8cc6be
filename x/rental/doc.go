// Package rental holds the contract of the chain's rentals: messages, queries,
// events, parameters and errors. README.md is the specification; what a rental
// is and earns is decided by the pure package of the same name.
package rental
