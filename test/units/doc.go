// Package units runs a VM under deploy's systemd units, on a computer as a host
// has one: systemd is its first process, libvirtd is the distribution's, and what
// deploy's README says was done to it word by word. The computer is a container
// with this one's programs. Its tests need root, systemd, what scripts/setup.sh
// installs, and what `make build tiny` makes; without them they fail.
package units
