// Package vfio keeps the states of a host's cards: which VM has one, and whether
// it was brought back to a clean state since the last. A card goes from one
// renter to the next only by a reset and a comparison with its record; what does
// not come back as it was is quarantined until its host has it checked. States
// are written down before anything relies on them, so that they are right after
// an end at any moment.
package vfio
