package api

import (
	"encoding/json"
	"time"
)

// Search is the body of a search.
type Search struct {
	// Filters by name, all of which must match. Text filters take one value or
	// a list of alternatives; features takes a list of which a machine must
	// have all; numbers take a bound as <name>_min or <name>_max. No bound above
	// for exit_notice_seconds finds a machine that can't be left.
	Filters map[string]json.RawMessage `json:"filters"`
	// Order is the column to sort by, with a leading minus for descending. Empty
	// means by price.
	Order string `json:"order"`
	// Limit is the number of machines per page: 50 by default, at most 500.
	Limit uint32 `json:"limit"`
	// Cursor is the next of the previous page, with the same filters and order.
	Cursor string `json:"cursor"`
}

// SearchResult is the reply to a search.
type SearchResult struct {
	Machines []Machine `json:"machines"`
	// Next is the cursor of the next page, or "" on the last one.
	Next string `json:"next"`
	// Total is the number of matching machines on all pages.
	Total int64 `json:"total"`
	// ByGPUType counts the machines that match all filters but gpu_type.
	ByGPUType []GPUTypeCount `json:"by_gpu_type"`
	// Height is the block height of the index.
	Height int64 `json:"height"`
}

// GPUTypeCount counts the machines of a GPU type. "" means machines without GPUs.
type GPUTypeCount struct {
	GPUType string `json:"gpu_type" untrusted:"256"`
	// Idle is the number of machines that are online and have a free slot.
	Idle  int64 `json:"idle"`
	Total int64 `json:"total"`
}

// Machine is a listing in a search result. Amounts of money are strings in
// udbc.
type Machine struct {
	ID            string   `json:"machine_id"`
	Owner         string   `json:"owner"`
	Operator      string   `json:"operator"`
	State         string   `json:"state"`
	GPUCount      int64    `json:"gpu_count"`
	Slots         []Slot   `json:"slots"`
	FreeSlots     []uint32 `json:"free_slots"`
	CPUModel      string   `json:"cpu_model" untrusted:"256"`
	CPUCores      uint32   `json:"cpu_cores"`
	CPUMHz        uint32   `json:"cpu_mhz"`
	MemoryMiB     uint64   `json:"memory_mib"`
	SystemDiskGiB uint64   `json:"system_disk_gib"`
	DataDiskGiB   uint64   `json:"data_disk_gib"`
	UploadMbps    uint32   `json:"upload_mbps"`
	DownloadMbps  uint32   `json:"download_mbps"`
	Country       string   `json:"country" untrusted:"8"`
	City          string   `json:"city" untrusted:"256"`
	LongitudeE4   int32    `json:"longitude_e4"`
	LatitudeE4    int32    `json:"latitude_e4"`
	Operators     []string `json:"operators" untrusted:"256"`
	// KeepDiskPolicy is firm, or evict if kept disks may be deleted early when
	// a new VM needs the space.
	KeepDiskPolicy string `json:"keep_disk_policy"`
	// Features of the machine beyond those of every machine: uefi, or the
	// number of a feature that this node does not know.
	Features []string `json:"features"`
	// Delivery is what a renter gets: vm, or the number of a kind that this
	// node does not know.
	Delivery  string `json:"delivery"`
	PublicIP  string `json:"public_ip"`
	PortFirst uint32 `json:"port_first"`
	PortLast  uint32 `json:"port_last"`
	// PricePerDay is the price per slot, or of the whole machine if it has no
	// GPUs, in udbc like the two prices derived from it.
	PricePerDay        uint64 `json:"price_per_day,string"`
	GPUPricePerDay     uint64 `json:"gpu_price_per_day,string"`
	MachinePricePerDay uint64 `json:"machine_price_per_day,string"`
	// ExitNoticeSeconds is how long a renter who leaves a confirmed rental still
	// pays. 0 means that confirmed rent is not refunded.
	ExitNoticeSeconds uint64     `json:"exit_notice_seconds"`
	Stake             uint64     `json:"stake,string"`
	StakeRequired     uint64     `json:"stake_required,string"`
	ListingVersion    uint64     `json:"listing_version"`
	DrainFrom         *time.Time `json:"drain_from,omitempty"`
	OfflineSince      *time.Time `json:"offline_since,omitempty"`
}

// Slot is the unit that can be rented.
type Slot struct {
	// Kind is gpu, test for simulated GPUs of a test network, or none.
	Kind     string `json:"kind"`
	GPUType  string `json:"gpu_type" untrusted:"256"`
	GPUCount uint32 `json:"gpu_count"`
	VRAMMiB  uint64 `json:"vram_mib"`
}
