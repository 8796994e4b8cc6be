// Package lane gives messages with a deadline a way into a block that others
// cannot buy: a share of each node's mempool and of each block, for
// transactions about something that the state says is due. Everything else
// shares what is left, first come first served. docs/adr/0011 says why.
package lane
