package p2p

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrUnreachable means that no attempt to reach the machine succeeded.
	ErrUnreachable = errors.New("the machine can't be reached")
	// ErrMachineID means that a text is not an ed25519 key in hex.
	ErrMachineID = errors.New("not a machine id")
	// ErrPeer means that a line of peer.conf does not lead to a node.
	ErrPeer = errors.New("no node there")
)

// UnreachableError says how a machine was looked for.
type UnreachableError struct {
	MachineID string
	// Tried has one entry for each source of addresses and each address, with
	// the result.
	Tried []string
	// Others are the peer ids of other nodes that answered at an address of the
	// machine.
	Others []string
	// Timeout reports that the last attempt ended by a timeout rather than a
	// refusal.
	Timeout bool
}

// Error lists what was tried.
func (e *UnreachableError) Error() string {
	if len(e.Others) > 0 {
		return fmt.Sprintf("%v: %s; at its listed addresses another node answers, which does not have this machine's key (%s): "+
			"the listing is out of date, or somebody else has the address; tried %s",
			ErrUnreachable, e.MachineID, strings.Join(e.Others, ", "), strings.Join(e.Tried, "; "))
	}
	return fmt.Sprintf("%v: %s; tried %s", ErrUnreachable, e.MachineID, strings.Join(e.Tried, "; "))
}

// Unwrap returns ErrUnreachable.
func (e *UnreachableError) Unwrap() error { return ErrUnreachable }
