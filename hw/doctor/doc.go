// Package doctor examines whether a computer can rent out its cards: processor,
// IOMMU, cards, drivers, memory. Like package gpu it reads sys and proc below a
// root that may be moved, and changes nothing. What only a running node or
// libvirt knows is examined elsewhere.
package doctor
