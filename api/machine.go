package api

// Root is the reply of GET PathRoot.
type Root struct {
	Version string `json:"version" untrusted:"64"`
	// APIVersion is that of the API, Features what the node can do beyond its first
	// edition. An unknown feature is one of a later version.
	APIVersion string    `json:"api_version"`
	Features   []Feature `json:"features"`
	Role       string    `json:"role"`
	MachineID  string    `json:"machine_id"`
	ChainID    string    `json:"chain_id"`
	// Height is of the newest block that the node believed.
	Height int64 `json:"height"`
	// Doubt says in words why the chain is not believed now; absent while it is.
	// A compute node that doubts grants nothing and destroys nothing.
	Doubt string `json:"doubt,omitempty" untrusted:"1024"`
	// Problem says by code what is wrong with the chain, seconds after it is, and
	// so earlier than a compute node doubts.
	Problem *Problem `json:"problem,omitempty"`
}

// Nodes is the reply of PathMiningNodes without a machine.
type Nodes struct {
	MiningNodes []Node `json:"mining_nodes"`
}

// Node is a row of Nodes.
type Node struct {
	NodeID  string `json:"node_id"`
	Name    string `json:"name" untrusted:"256"`
	Version string `json:"version" untrusted:"64"`
}

// Details is the reply of PathMiningNodes for one machine. As in the original,
// numbers are strings.
type Details struct {
	Node
	NodeType   string  `json:"node_type"`
	IP         string  `json:"ip"`
	OS         string  `json:"os" untrusted:"256"`
	CPU        CPU     `json:"cpu"`
	GPU        GPU     `json:"gpu"`
	Mem        Size    `json:"mem"`
	DiskSystem Size    `json:"disk_system"`
	DiskData   []Size  `json:"disk_data"`
	Images     []Image `json:"images"`
	PortFirst  string  `json:"port_first"`
	PortLast   string  `json:"port_last"`
}

// CPU of a machine; Cores and Used after the host's reserve.
type CPU struct {
	Type  string `json:"type" untrusted:"256"`
	Hz    string `json:"hz"`
	Cores string `json:"cores"`
	Used  string `json:"used"`
	// UsedUsage is Used in per cent of Cores.
	UsedUsage string `json:"used_usage"`
	// PhysicalCPUs are the sockets.
	PhysicalCPUs string `json:"physical_cpus"`
}

// GPU counts of a machine.
type GPU struct {
	Type  string `json:"gpu_type" untrusted:"1024"`
	Count string `json:"gpu_count"`
	Used  string `json:"gpu_used"`
	// Slots are those with real GPUs; absent where there are none.
	Slots []SlotState `json:"slots,omitempty"`
}

// SlotState is what a slot's card is in.
type SlotState struct {
	// Slot is its index on the chain.
	Slot uint32 `json:"slot"`
	GPUs int    `json:"gpu_count"`
	// State is ready, in_use, resetting, quarantined (it did not come back from its
	// last use as it was) or missing (the host keeps other cards than it lists).
	State string `json:"state"`
	// Fault is why it is quarantined, Params its parameters.
	Fault  string            `json:"fault,omitempty"`
	Params map[string]string `json:"params,omitempty"`
}

// Size is of memory or a disk, as 16G or 512M (GiB and MiB).
type Size struct {
	// Type of a disk is SSD, HDD or unknown. The original's path is not told: how
	// a host lays out its files is nobody's business.
	Type string `json:"type,omitempty"`
	Size string `json:"size"`
	Free string `json:"free,omitempty"`
	// UsedUsage is what isn't free, in per cent.
	UsedUsage string `json:"used_usage,omitempty"`
}

// ImageList is the reply of PathImages.
type ImageList struct {
	Images []Image `json:"images"`
}

// Image is one guest image of a machine.
type Image struct {
	Name string `json:"image_name" untrusted:"128"`
	Size string `json:"image_size"`
	// Title and Version say what it is, such as Ubuntu and 24.04 LTS.
	Title   string `json:"title" untrusted:"128"`
	Version string `json:"version,omitempty" untrusted:"64"`
	// Default is true of the one that a VM gets where its renter names none.
	Default bool `json:"default,omitempty"`
	// Contents say what is in it; absent where nobody wrote that down.
	Contents *ImageContents `json:"contents,omitempty"`
}

// ImageContents are what the manifest beside an image says. They are its host's word.
type ImageContents struct {
	// SHA256 is the digest of the image's file in hex.
	SHA256 string `json:"sha256" untrusted:"64"`
	// OS and Version are os-release's ID and VERSION_ID.
	OS      string `json:"os" untrusted:"64"`
	Version string `json:"version" untrusted:"64"`
	Kernel  string `json:"kernel" untrusted:"64"`
	// Driver and DriverVersion are the cards' vendor's; absent without a driver.
	Driver        string `json:"driver,omitempty" untrusted:"64"`
	DriverVersion string `json:"driver_version,omitempty" untrusted:"64"`
	// Packages are those that renters look for.
	Packages []ImagePackage `json:"packages"`
	// Login is the user that is made for the renter; CloudInit says that cloud-init
	// makes it.
	Login     string `json:"login" untrusted:"64"`
	CloudInit bool   `json:"cloud_init"`
	// Firmware are bios and uefi, of which it boots by each that is named.
	Firmware []string `json:"firmware" untrusted:"16"`
	// MinDiskGiB is the least system disk.
	MinDiskGiB uint64 `json:"min_disk_gib"`
	// Licences are terms to know of by their codes, LicenceTexts where all of them are
	// in the guest.
	Licences     []string `json:"licences" untrusted:"64"`
	LicenceTexts string   `json:"licence_texts" untrusted:"128"`
}

// ImagePackage is one installed package.
type ImagePackage struct {
	Name    string `json:"name" untrusted:"64"`
	Version string `json:"version" untrusted:"64"`
}

// SignedInventory is the reply of PathInventory: what the machine's cards are, as
// its key signs it. It is the host's word; what of it is wrong shows in the VM.
type SignedInventory struct {
	// Inventory is a JSON text. What is hashed and signed are these very bytes.
	Inventory string `json:"inventory"`
	// SHA256 is their hash in hex, which the chain lists as inventory_hash.
	SHA256 string `json:"sha256"`
	// Signature is ed25519 in hex over the lines dbc-inventory-v1, chain id, machine
	// id and that hash.
	Signature string `json:"signature"`
}
