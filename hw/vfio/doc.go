// Package vfio keeps the states of a host's cards: which VM has one, and whether
// it was brought back to a clean state since the last. A card passes from one
// renter to the next only through a reset and a comparison with its record; a
// card that does not come back as it was is quarantined until its host has it
// checked. States are written before anything relies on them, so that they are
// right after a crash at any point.
package vfio
