package machine

import "regexp"

var testNetwork = regexp.MustCompile(`^dbc-(devnet|testnet)-[0-9]+$`)

// TestNetwork reports whether a chain is a devnet or a testnet. Every other id
// is a main network, so that a typing error is on the safe side.
func TestNetwork(chainID string) bool { return testNetwork.MatchString(chainID) }
