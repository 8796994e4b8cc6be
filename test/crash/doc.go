// Package crash kills a compute node, its libvirtd and its guests at chosen
// moments, with real guests, and checks what the next start makes of it. The node
// runs in a separate process (this test's program again) with real parts except
// for the chain, whose state is a file of the test.
//
// It needs root, libvirt, QEMU, nftables and the tiny image (make tiny).
// TestTwoProcesses runs the node without privileges, with its helper. node/compute/host
// tests every step of the journal's list with fakes; the moments here exist only
// with real parts.
package crash
