// Package gpu leads a host's cards from a first look to a next renter, on an
// emulated computer that has some: QEMU without KVM, with an IOMMU of Intel's, and
// on it this system's own kernel package and programs, booted by systemd, with the
// distribution's libvirt and the project's own dbc and units. Everything that dbc
// reads there and does to cards is a real kernel's.
//
// It needs root (the computer's disk has files of many users), scripts/setup.sh's
// packages, apt with fetched lists (it downloads the kernel's package, 30 MB), and
// what `make build tiny` makes; without them it fails. No KVM and no card. It takes
// about eleven minutes of processor time; on two cores with twenty other processes it
// took 1057 s.
//
// There node and helper run under their units. The chain is outside, since an emulated
// computer takes minutes for what this one does in seconds: one validator and the
// wallets, in a network namespace that has the emulated computer's public address.
// Renters reach its node from there. The guests are real ones, emulated once more, and
// are looked at until their firmware has found the cards; they do not boot a system.
// Then the node ends, and this program asks the helper in its place, as its user.
//
// QEMU has no device of a vendor of GPUs that is what a test needs. So vendor,
// device and, for some, class are covered in sysfs of that computer before
// anything reads them (board_test.go). Groups, bridges, regions, resets, drivers and
// VFIO are the emulated devices' own, and so is what a guest sees.
package gpu
