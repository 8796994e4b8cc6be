// Package checkup finds out why dbc does not work on a renter's computer, or whether it
// will: its home, wallets and outbox, ssh, the chain's node and the client node. Each check
// passes, warns or fails with the values that were read, and changes nothing. The program
// that shows it has the texts.
package checkup

import (
	"github.com/dbc-network/dbc/hw/doctor"
)

// The checks, in the order in which they are made.
const (
	CheckVersion    doctor.Check = "version"
	CheckHome       doctor.Check = "home"
	CheckSpace      doctor.Check = "home_space"
	CheckWallets    doctor.Check = "wallets"
	CheckPassphrase doctor.Check = "passphrase"
	CheckOutbox     doctor.Check = "outbox"
	CheckSSH        doctor.Check = "ssh"
	CheckSSHConfig  doctor.Check = "ssh_config"
	CheckSSHKey     doctor.Check = "ssh_key"
	CheckRPC        doctor.Check = "rpc"
	CheckGRPC       doctor.Check = "grpc"
	CheckChain      doctor.Check = "chain_id"
	CheckHeight     doctor.Check = "chain_height"
	CheckClock      doctor.Check = "clock"
	CheckNode       doctor.Check = "client_node"
)

// Checks are all checks.
var Checks = []doctor.Check{
	CheckVersion, CheckHome, CheckSpace, CheckWallets, CheckPassphrase, CheckOutbox, CheckSSH, CheckSSHConfig, CheckSSHKey,
	CheckRPC, CheckGRPC, CheckChain, CheckHeight, CheckClock, CheckNode,
}

// finding makes a finding from pairs of names and values.
func finding(check doctor.Check, level doctor.Level, pairs ...string) doctor.Finding {
	read := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		read[pairs[i]] = pairs[i+1]
	}
	return doctor.Finding{Check: check, Level: level, Read: read}
}
