// Package units runs a VM under deploy's systemd units, on a computer like a
// host's: systemd is its first process, libvirtd is the distribution's, and it
// was set up by following deploy's README word by word. The computer is a
// container with this one's programs. Its tests need root, systemd, what
// scripts/setup.sh installs, and what `make build tiny` makes; without them
// they fail.
package units
