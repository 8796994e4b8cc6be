package host

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/x/machine"
)

// Place is what a computer cannot find out about itself. Its limits are those
// of the chain's facts.
type Place struct {
	// Country is an ISO 3166-1 code of two capital letters.
	Country, City string
	// LatitudeE4 and LongitudeE4 are degrees times 10,000.
	LatitudeE4, LongitudeE4 int32
	UploadMbps              uint32
	DownloadMbps            uint32
	// Operators are the network operators that the machine is connected to.
	Operators []string
	// EvictKept allows kept disks to be deleted early to make room for new VMs.
	EvictKept bool
}

// PlaceOf returns the place in a listing.
func PlaceOf(f machine.Facts) Place {
	return Place{
		Country: f.Country, City: f.City, LatitudeE4: f.LatitudeE4, LongitudeE4: f.LongitudeE4,
		UploadMbps: f.UploadMbps, DownloadMbps: f.DownloadMbps, Operators: f.Operators,
		EvictKept: f.KeepDiskPolicy == machine.KEEP_DISK_POLICY_EVICT,
	}
}

// Apply copies the place into facts and validates all of them as the chain
// will, so that nothing is signed that it would refuse.
func (p Place) Apply(f *machine.Facts) error {
	f.Country, f.City, f.LatitudeE4, f.LongitudeE4 = p.Country, p.City, p.LatitudeE4, p.LongitudeE4
	f.UploadMbps, f.DownloadMbps, f.Operators = p.UploadMbps, p.DownloadMbps, p.Operators
	f.KeepDiskPolicy = machine.KEEP_DISK_POLICY_FIRM
	if p.EvictKept {
		f.KeepDiskPolicy = machine.KEEP_DISK_POLICY_EVICT
	}
	if err := f.Validate(); err != nil {
		return fmt.Errorf("check the facts: %w", err)
	}
	return nil
}

// Bounds of a coordinate in whole degrees.
const (
	MaxLatitude  = 90
	MaxLongitude = 180
	// e4 is the chain's unit: a ten-thousandth of a degree, at most eleven
	// metres.
	e4         = 10_000
	e4Digits   = 4
	maxDecimal = 12
)

// ParseDegrees parses decimal degrees such as 50.1109 or -8.68 into units of
// 1/10,000; further digits are cut off. most is MaxLatitude or MaxLongitude. It
// uses no floating point, so that what is written is what is signed.
func ParseDegrees(text string, most int32) (int32, error) {
	refuse := func() (int32, error) {
		return 0, fmt.Errorf("%.64q: want decimal degrees from -%d to %d, such as 50.1109: %w", text, most, most, ErrDegrees)
	}
	digits, negative := strings.CutPrefix(text, "-")
	whole, decimals, dotted := strings.Cut(digits, ".")
	if len(whole) == 0 || len(whole) > 3 || len(decimals) > maxDecimal || (dotted && decimals == "") || !areDigits(whole) || !areDigits(decimals) {
		return refuse()
	}
	// At the last degree, digits that are cut off count too.
	beyond := strings.Trim(decimals, "0") != ""
	decimals = (decimals + "0000")[:e4Digits]
	value, err := strconv.ParseInt(whole+decimals, 10, 32)
	if err != nil || value > int64(most)*e4 || (value == int64(most)*e4 && beyond) {
		return refuse()
	}
	if negative {
		value = -value
	}
	return int32(value), nil
}

func areDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }
