package machine

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	errorsmod "cosmossdk.io/errors"

	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/rental"
)

// Limits of facts and of lists in messages.
const (
	MaxSlots      = 64
	MaxSlotGPUs   = 16
	MaxOperators  = 8
	MaxMultiaddrs = 16
	MaxFeatures   = 64
	MaxBatch      = 100
	// MaxPrice in udbc per slot and day: a billion DBC.
	MaxPrice = 1_000_000_000_000_000

	maxName    = 64
	maxAddress = 256
	// maxOpen bounds the numbers of features and of a delivery, known or unknown.
	maxOpen  = 1<<16 - 1
	maxMiB   = 1 << 40
	maxCores = 1 << 16
	maxPort  = 65535
	minPort  = 1024
)

var country = regexp.MustCompile(`^[A-Z]{2}$`)

// Validate checks each fact against its limit.
func (f Facts) Validate() error {
	if err := f.validateSlots(); err != nil {
		return err
	}
	if err := f.validateSizes(); err != nil {
		return err
	}
	return f.validatePlace()
}

// GPUIDs returns the ids of all GPUs of the machine.
func (f Facts) GPUIDs() []string {
	var ids []string
	for _, slot := range f.Slots {
		ids = append(ids, slot.GpuIds...)
	}
	return ids
}

// GPUTypes returns the distinct types of GPU, sorted; none for a machine without GPUs.
func (f Facts) GPUTypes() []string {
	var types []string
	for _, slot := range f.Slots {
		if slot.GpuType != "" && !slices.Contains(types, slot.GpuType) {
			types = append(types, slot.GpuType)
		}
	}
	slices.Sort(types)
	return types
}

// SameButAddresses reports whether nothing differs but addresses, ports and the
// inventory's hash, which may change while rentals are open.
func (f Facts) SameButAddresses(other Facts) bool {
	f.Multiaddrs, f.PublicIp, f.PortFirst, f.PortLast = other.Multiaddrs, other.PublicIp, other.PortFirst, other.PortLast
	f.InventoryHash = other.InventoryHash
	return f.Equal(other)
}

// SameSlots reports whether the slots are the same, with the same GPUs.
func (f Facts) SameSlots(other Facts) bool {
	return Facts{Slots: f.Slots}.Equal(Facts{Slots: other.Slots})
}

// Equal compares the bytes that a machine's key signs.
func (f Facts) Equal(other Facts) bool { return FactsHash(f) == FactsHash(other) }

func (f Facts) validateSlots() error {
	if n := len(f.Slots); n == 0 || n > MaxSlots {
		return factError("slots", n, "1 to 64; a machine without GPUs has one slot of kind NONE")
	}
	switch kind := f.Slots[0].Kind; kind {
	case SLOT_KIND_GPU, SLOT_KIND_TEST:
		return f.validateGPUSlots(kind)
	case SLOT_KIND_NONE:
		slot := f.Slots[0]
		if len(f.Slots) != 1 || slot.GpuType != "" || len(slot.GpuIds) != 0 || slot.GpuCount != 0 || slot.VramMib != 0 {
			return factError("slots", len(f.Slots), "a single slot, empty but for its kind, in a machine without GPUs")
		}
		return nil
	default:
		return factError("slots.kind", kind, "SLOT_KIND_GPU, SLOT_KIND_TEST or SLOT_KIND_NONE")
	}
}

func (f Facts) validateGPUSlots(kind SlotKind) error {
	seen := make(map[string]bool)
	for i, slot := range f.Slots {
		if slot.Kind != kind {
			return factError("slots.kind", slot.Kind, "the same in all slots of a machine")
		}
		if err := slot.validateGPUs(seen); err != nil {
			return errorsmod.Wrapf(err, "slot %d", i)
		}
		if err := slot.validateLike(f.Slots[0]); err != nil {
			return errorsmod.Wrapf(err, "slot %d", i)
		}
	}
	return nil
}

// validateLike checks that all slots are alike: otherwise a price per slot is no price per
// GPU.
func (s Slot) validateLike(first Slot) error {
	switch {
	case s.GpuType != first.GpuType:
		return factError("slots.gpu_type", s.GpuType, "the same in all slots of a machine: "+first.GpuType)
	case s.GpuCount != first.GpuCount:
		return factError("slots.gpu_count", s.GpuCount, fmt.Sprintf("the same in all slots of a machine: %d", first.GpuCount))
	case s.VramMib != first.VramMib:
		return factError("slots.vram_mib", s.VramMib, fmt.Sprintf("the same in all slots of a machine: %d", first.VramMib))
	}
	return nil
}

func (s Slot) validateGPUs(seen map[string]bool) error {
	if s.GpuCount == 0 || s.GpuCount > MaxSlotGPUs || int(s.GpuCount) != len(s.GpuIds) {
		return factError("gpu_count", s.GpuCount, "1 to 16 and as many as gpu_ids")
	}
	if err := validateName("gpu_type", s.GpuType); err != nil {
		return err
	}
	if s.VramMib == 0 || s.VramMib > maxMiB {
		return factError("vram_mib", s.VramMib, "1 to 2^40")
	}
	for _, id := range s.GpuIds {
		if err := validateName("gpu_ids", id); err != nil {
			return err
		}
		if seen[id] {
			return factError("gpu_ids", id, "named once")
		}
		seen[id] = true
	}
	return nil
}

func (f Facts) validateSizes() error {
	if err := validateName("cpu_model", f.CpuModel); err != nil {
		return err
	}
	for _, size := range []struct {
		field       string
		value       uint64
		least, most uint64
	}{
		{"cpu_cores", uint64(f.CpuCores), 1, maxCores},
		{"cpu_mhz", uint64(f.CpuMhz), 0, 100_000},
		{"memory_mib", f.MemoryMib, 1, maxMiB},
		{"system_disk_gib", f.SystemDiskGib, 0, maxMiB},
		{"data_disk_gib", f.DataDiskGib, 0, maxMiB},
		{"upload_mbps", uint64(f.UploadMbps), 0, 1 << 30},
		{"download_mbps", uint64(f.DownloadMbps), 0, 1 << 30},
	} {
		if size.value < size.least || size.value > size.most {
			return ErrInvalidFacts.Wrapf("%s %d: must be %d to %d", size.field, size.value, size.least, size.most)
		}
	}
	return nil
}

func (f Facts) validatePlace() error {
	if f.Country != "" && !country.MatchString(f.Country) {
		return factError("country", Clip(f.Country), "two capital letters of ISO 3166-1, or empty")
	}
	if f.City != "" {
		if err := validateText("city", f.City); err != nil {
			return err
		}
	}
	if f.LongitudeE4 < -1_800_000 || f.LongitudeE4 > 1_800_000 {
		return factError("longitude_e4", f.LongitudeE4, "-1800000 to 1800000, degrees times 10,000")
	}
	if f.LatitudeE4 < -900_000 || f.LatitudeE4 > 900_000 {
		return factError("latitude_e4", f.LatitudeE4, "-900000 to 900000, degrees times 10,000")
	}
	if len(f.Operators) > MaxOperators {
		return factError("operators", len(f.Operators), "at most 8")
	}
	for _, operator := range f.Operators {
		if err := validateText("operators", operator); err != nil {
			return err
		}
	}
	return f.validateAddresses()
}

func (f Facts) validateAddresses() error {
	if len(f.Multiaddrs) > MaxMultiaddrs {
		return factError("multiaddrs", len(f.Multiaddrs), "at most 16")
	}
	for _, address := range f.Multiaddrs {
		if len(address) > maxAddress || !strings.HasPrefix(address, "/") || !ascii(address) {
			return factError("multiaddrs", Clip(address), "a libp2p address of at most 256 bytes, as /ip4/192.0.2.1/udp/5011/quic-v1")
		}
	}
	if f.PublicIp != "" {
		if addr, err := netip.ParseAddr(f.PublicIp); err != nil || addr.Zone() != "" || addr.String() != f.PublicIp {
			return factError("public_ip", Clip(f.PublicIp), "an IP address in its usual form, without a zone, or empty")
		}
	}
	if f.PortFirst < minPort || f.PortLast > maxPort || f.PortFirst > f.PortLast {
		return ErrInvalidFacts.Wrapf("port_first %d, port_last %d: must be 1024 to 65535, first not above last", f.PortFirst, f.PortLast)
	}
	return f.validateTerms()
}

// validateTerms checks what a renter relies on. Features and deliveries that this version
// does not know belong to another version: the chain only stores them.
func (f Facts) validateTerms() error {
	if f.KeepDiskPolicy != KEEP_DISK_POLICY_FIRM && f.KeepDiskPolicy != KEEP_DISK_POLICY_EVICT {
		return factError("keep_disk_policy", f.KeepDiskPolicy, "KEEP_DISK_POLICY_FIRM or KEEP_DISK_POLICY_EVICT")
	}
	if len(f.Features) > MaxFeatures {
		return factError("features", len(f.Features), "at most 64")
	}
	last := FEATURE_UNSPECIFIED
	for _, feature := range f.Features {
		if feature <= last || feature > maxOpen {
			return factError("features", int32(feature), "ascending numbers from 1 to 65535, each once")
		}
		last = feature
	}
	if n := len(f.InventoryHash); n != 0 && n != sha256.Size {
		return factError("inventory_hash", fmt.Sprintf("of %d bytes", n), "32 bytes of SHA-256, or empty")
	}
	if f.Delivery <= DELIVERY_UNSPECIFIED || f.Delivery > maxOpen {
		return factError("delivery", int32(f.Delivery), "1 to 65535; 1 is a VM")
	}
	return nil
}

// AllowedOn returns an error if the facts are not allowed on a chain: simulated
// GPUs on a main network.
func (f Facts) AllowedOn(chainID string) error {
	if len(f.Slots) > 0 && f.Slots[0].Kind == SLOT_KIND_TEST && !chainid.Test(chainID) {
		return factError("slots.kind", SLOT_KIND_TEST, "SLOT_KIND_GPU or SLOT_KIND_NONE on a main network")
	}
	return nil
}

// validateName accepts what programs compare and people read in lists: ASCII, not empty,
// without surrounding spaces, so that two names that look alike are equal.
func validateName(field, value string) error {
	if value == "" || len(value) > maxName || spaced(value) || !ascii(value) {
		return factError(field, Clip(value), "1 to 64 printable ASCII bytes without spaces around them")
	}
	return nil
}

// validateText accepts what only people read: a place, a company.
func validateText(field, value string) error {
	if value == "" || len(value) > maxName || spaced(value) || !readable(value) {
		return factError(field, Clip(value), "1 to 64 bytes of Latin, Chinese, Japanese or Korean letters and ASCII, without spaces around them")
	}
	return nil
}

func spaced(s string) bool { return s[0] == ' ' || s[len(s)-1] == ' ' }

func ascii(s string) bool {
	for _, b := range []byte(s) {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}

// letters are the ranges of characters that texts may contain besides ASCII. The
// tables of the standard library change with its version, and validators must
// always agree. None of these is invisible, combines with its neighbour or
// changes the direction of writing.
var letters = []struct{ first, last rune }{
	{0x00C0, 0x00D6}, {0x00D8, 0x00F6}, {0x00F8, 0x024F}, // Latin
	{0x3041, 0x3096}, {0x30A1, 0x30FC}, // Japanese
	{0x4E00, 0x9FFF}, // Chinese
	{0xAC00, 0xD7A3}, // Korean
}

func readable(s string) bool {
	for _, r := range s {
		if r >= ' ' && r <= '~' {
			continue
		}
		if !slices.ContainsFunc(letters, func(l struct{ first, last rune }) bool { return l.first <= r && r <= l.last }) {
			return false // an invalid UTF-8 byte is U+FFFD here
		}
	}
	return true
}

func factError(field string, value any, limit string) error {
	return ErrInvalidFacts.Wrapf("%s %v: must be %s", field, value, limit)
}

// ValidatePrice checks a price in udbc per slot and day.
func ValidatePrice(price uint64) error {
	if price == 0 || price > MaxPrice {
		return ErrInvalidPrice.Wrapf("price_per_day %dudbc: must be 1udbc to %dudbc", price, uint64(MaxPrice))
	}
	return nil
}

// ValidateExitNotice checks the exit notice of a listing: 0, or an hour to seven
// days.
func ValidateExitNotice(seconds uint64) error {
	if err := rental.CheckExitNotice(seconds); err != nil {
		return ErrExitNotice.Wrap(strings.TrimPrefix(err.Error(), rental.ErrExitNotice.Error()+": "))
	}
	return nil
}
