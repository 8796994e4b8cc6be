// Package binding keeps cards for VMs from the computer's start on: it records
// them, writes the files that bind them at boot, and binds them there by
// driver_override. It never unbinds a driver from a card. All paths are below a
// root that may be moved.
package binding
