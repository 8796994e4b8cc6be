// Package image boots the guest images for real. Its tests need
// qemu-system-x86_64, OVMF, qemu-img, and what image/build needs; without them
// they fail. KVM is not used: what passes under emulation passes everywhere.
package image
