// Package inventory is the document about its cards that a machine serves, signs, and
// lists the hash of.
package inventory

import (
	"encoding/json"

	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/hw/pci"
)

// Schema is the version of the served inventory's format.
const Schema = 1

// Inventory is what a machine serves, signs, and lists the hash of: what a renter
// may want to know about the cards beyond the chain's facts. It contains nothing
// that changes with load, so that the same computer has the same hash.
type Inventory struct {
	Schema    int    `json:"schema"`
	MachineID string `json:"machine_id"`
	// HelperKey is the public half, in hex, of an ed25519 key that only the machine's
	// privileged process has; absent for a single-process node, and before the helper
	// first ran.
	HelperKey string `json:"helper_key,omitempty"`
	// Table is the version of the canonical names.
	Table string `json:"gpu_table_version"`
	Host  Host   `json:"host"`
	Slots []Slot `json:"slots"`
}

// Host is the computer that holds the cards.
type Host struct {
	Architecture string `json:"architecture"`
	CPUModel     string `json:"cpu_model"`
	Sockets      int    `json:"sockets"`
	Nodes        int    `json:"numa_nodes"`
	// PhysicalBits is the processors' address width, IOMMUBits the IOMMU's; 0 where
	// unknown.
	PhysicalBits int `json:"physical_bits"`
	IOMMUBits    int `json:"iommu_bits"`
}

// Slot is a slot as the chain lists it.
type Slot struct {
	// Index is the slot's index on the chain.
	Index int   `json:"index"`
	NUMA  int   `json:"numa"`
	GPUs  []GPU `json:"gpus"`
	// NeedsWindowMiB is how much of a VM's 64-bit memory window it takes.
	NeedsWindowMiB uint64 `json:"needs_window_mib"`
	// Functions are the endpoints that a VM is given.
	Functions []Function `json:"functions"`
}

// GPU is one GPU.
type GPU struct {
	ID        string      `json:"id"`
	Type      string      `json:"type"`
	Address   pci.Address `json:"address"`
	PCIIDs    pci.ID      `json:"pci_ids"`
	Subsystem pci.ID      `json:"subsystem"`
	Revision  uint8       `json:"revision"`
	NUMA      int         `json:"numa"`
	// MaxSpeedMTs and MaxWidth are the maximum of its PCI Express link.
	MaxSpeedMTs int `json:"max_speed_mts"`
	MaxWidth    int `json:"max_width"`
	// Reset is "flr" or "bus".
	Reset    string        `json:"reset"`
	Measured measure.Facts `json:"measured"`
	// Missing names what was not measured.
	Missing []string `json:"not_measured"`
}

// Function is one function of a slot.
type Function struct {
	Address pci.Address `json:"address"`
	PCIIDs  pci.ID      `json:"pci_ids"`
	Class   string      `json:"class"`
}

// JSON returns the bytes that are signed and whose hash is listed.
func (i Inventory) JSON() ([]byte, error) { return json.Marshal(i) }
