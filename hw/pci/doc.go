// Package pci reads the PCI functions of a computer from sysfs: what they are,
// which IOMMU group holds them, which bridges lie above them. It starts no
// program, needs no privileges and follows no link out of the root it is given.
// Which functions make up a card that can be passed to a VM is package gpu's.
package pci
