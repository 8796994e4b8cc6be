// Package crash kills a compute node, its libvirtd and its guests at chosen
// moments, with real guests, and looks at what the next start makes of it. The
// node runs in a process of its own (this test's program again), with the real
// parts but for the chain, whose word is a file of the test.
//
// It needs root, libvirt, QEMU, nftables and the tiny image (make tiny).
// TestTwoProcesses runs the node without privileges, beside its helper.
// node/host walks every step of the journal's list with made-up parts; here are
// the moments that only real ones have.
package crash
