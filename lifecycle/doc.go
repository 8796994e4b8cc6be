// Package lifecycle is the life of a VM without a hypervisor or a chain: its
// states, what its renter may request in each of them, and what the compute node
// does next. It does no I/O and reads no clock: a View contains the results of
// comparisons instead of times.
//
// The two tables, [Table] and [Rules], are the whole policy. The node follows
// them, the API takes its states from them, and README.md shows them.
package lifecycle
