// Package helper splits a compute node into two processes: the one that faces
// the network has no privileges, and its helper has the privileged side (package
// guests) and performs its steps over a unix socket.
//
// This package only marshals and admits: it serves one user, one version of the
// protocol, and a bounded number of calls, bytes and connections. Whatever a step
// may do is decided by package guests, which takes the other process for hostile.
// The helper may be killed at any moment: the journal is the node's, and each step may
// be repeated.
//
// Server is the helper's side; Client gives the node's side what guests.Local gives a
// node of one process.
package helper

const (
	// Version of the protocol; the two sides must have the same.
	Version = "8"
	// versionKey and textLimit: the metadata that carries it, and the longest text
	// of an error in bytes.
	versionKey = "dbc-helper-version"
	textLimit  = 4 << 10
	// chunk is the most that is read from a console or screen at once, in bytes.
	chunk = 32 << 10
)
