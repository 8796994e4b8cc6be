// Package chainid tells kinds of chains apart by their ids. Standard library only:
// the chain's modules and the privileged side of a compute node both go by it.
package chainid

import "regexp"

var (
	form   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,50}$`)
	test   = regexp.MustCompile(`^dbc-(devnet|testnet)-[0-9]+$`)
	devnet = regexp.MustCompile(`^dbc-devnet-[0-9]+$`)
)

// Valid reports whether id can be the id of a chain.
func Valid(id string) bool { return form.MatchString(id) }

// Test reports whether a chain is a devnet or a testnet. Every other id is a main
// network, so that a typing error is on the safe side.
func Test(id string) bool { return test.MatchString(id) }

// Devnet reports whether a chain is a devnet: its coins are worth nothing, and its
// keys have no passphrase.
func Devnet(id string) bool { return devnet.MatchString(id) }
