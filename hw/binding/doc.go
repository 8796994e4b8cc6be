// Package binding keeps cards for VMs from the computer's start on: it records
// which they are, writes what binds them at boot, and binds them there by
// driver_override. It takes no driver away from a card that has one. Everything
// lies below a root that may be moved.
package binding
