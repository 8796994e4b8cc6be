package p2p

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrUnreachable means: no way to the machine led there.
	ErrUnreachable = errors.New("the machine can't be reached")
	// ErrMachineID means: not the hex digits of an ed25519 key.
	ErrMachineID = errors.New("not a machine id")
	// ErrPeer means: a line of peer.conf leads to no node.
	ErrPeer = errors.New("no node there")
)

// UnreachableError says how a machine was looked for.
type UnreachableError struct {
	MachineID string
	// Tried is one entry for each source of addresses and each address, with
	// what came of it.
	Tried []string
	// Timeout: the last way ended by the limit of time rather than by a refusal.
	Timeout bool
}

// Error lists what was tried.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("%v: %s; tried %s", ErrUnreachable, e.MachineID, strings.Join(e.Tried, "; "))
}

// Unwrap is ErrUnreachable.
func (e *UnreachableError) Unwrap() error { return ErrUnreachable }
