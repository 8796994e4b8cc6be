// Package image boots the guest images. Its tests need qemu-system-x86_64,
// OVMF, qemu-img, mkfs.ext4, what image/build needs, and what `make build`
// makes; without them they fail. KVM is not used: what passes under emulation
// passes everywhere.
package image
