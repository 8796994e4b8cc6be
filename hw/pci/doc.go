// Package pci reads the PCI functions of a computer from sysfs: what they are, which IOMMU
// group holds them, which bridges are above them. It starts no program, needs no
// privileges and follows no link out of the root it is given. Package gpu decides which
// functions make up a card that can be passed to a VM.
package pci
