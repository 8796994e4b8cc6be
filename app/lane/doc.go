// Package lane reserves a share of each node's mempool and of each block for
// transactions about something that is due according to the state, so that
// messages with a deadline get a way into a block that others cannot buy.
// Everything else shares the rest, first come, first served. docs/adr/0011 says
// why.
package lane
