// Package probe compares what a renter was promised with what his VM has: the
// processors, memory, disks and cards that the guest's kernel sees, and what the
// cards' driver tells where there is one. A Shell runs a script in the guest;
// whatever comes back is somebody else's text, read by a strict parser with
// bounds. Results are codes with parameters; the program that shows them has the
// words.
package probe
