// Package verify compares a VM with what its renter was promised: by the listing on
// the chain, by the inventory that the machine signed, and by what the machine
// answered about the VM. Package probe looks into the guest, over SSH with the host
// key that the machine signed.
package verify
