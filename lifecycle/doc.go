// Package lifecycle is the life of a VM, without a hypervisor or a chain around
// it: its states, what its renter may request in each of them, and what the
// compute node does next. It does no I/O and knows no time: a view of a VM holds
// what was compared already.
//
// The two tables, [Table] and [Rules], are the whole policy. The node follows
// them, the API takes its states from them, and README.md shows them.
package lifecycle
