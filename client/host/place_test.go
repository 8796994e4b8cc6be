package host

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbc-network/dbc/x/machine"
)

func TestParseDegrees(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int32{
		"0": 0, "-0": 0, "50.1109": 501109, "8.6821": 86821, "-8.68": -86800, "0.29": 2900, "-0.0001": -1, "1.00005": 10000,
		"90": 900000, "-90.0000000": -900000, "89.99999999": 899999, "007.5": 75000,
	} {
		if got, err := ParseDegrees(text, MaxLatitude); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "-", ".", ".5", "5.", "+5", "5,1", "1e1", "90.0001", "90.00000001", "-91", "180", "1000", "0x10", "５", "5 ", "--5", "5.-1", "NaN",
		"1." + strings.Repeat("0", 13),
	} {
		if got, err := ParseDegrees(text, MaxLatitude); !errors.Is(err, ErrDegrees) {
			t.Errorf("%q: %d, %v, want ErrDegrees", text, got, err)
		}
	}
	if got, err := ParseDegrees("-180", MaxLongitude); err != nil || got != -1_800_000 {
		t.Errorf("-180: %d, %v", got, err)
	}
}

func FuzzParseDegrees(f *testing.F) {
	f.Add("50.1109")
	f.Add("-179.99999")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseDegrees(text, MaxLongitude)
		if err != nil {
			return
		}
		near, err := strconv.ParseFloat(text, 64)
		if err != nil || near*e4-float64(got) >= 1 || near*e4-float64(got) <= -1 || got < -1_800_000 || got > 1_800_000 {
			t.Fatalf("%q is %d, by a float %f", text, got, near)
		}
	})
}

func facts() machine.Facts {
	return machine.Facts{
		Slots: []machine.Slot{{Kind: machine.SLOT_KIND_NONE}}, CpuModel: "CPU", CpuCores: 6, MemoryMib: 12000, PublicIp: "203.0.113.7",
		PortFirst: 5200, PortLast: 5999, Delivery: machine.DELIVERY_VM,
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	place := Place{
		Country: "DE", City: "Frankfurt am Main", LatitudeE4: 501109, LongitudeE4: 86821, UploadMbps: 500, DownloadMbps: 1000,
		Operators: []string{"DE-CIX", "Telekom"}, EvictKept: true,
	}
	f := facts()
	if err := place.Apply(&f); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(place, PlaceOf(f)); diff != "" {
		t.Error(diff)
	}
	if f.KeepDiskPolicy != machine.KEEP_DISK_POLICY_EVICT {
		t.Errorf("the policy is %s", f.KeepDiskPolicy)
	}
	for field, wrong := range map[string]Place{
		"country": {Country: "de"}, "city": {City: " Frankfurt"}, "operators": {Operators: make([]string, 9)},
		"latitude_e4": {LatitudeE4: 900_001}, "upload_mbps": {UploadMbps: 1<<30 + 1},
	} {
		f := facts()
		if err := wrong.Apply(&f); !errors.Is(err, machine.ErrInvalidFacts) || !strings.Contains(err.Error(), field) || !strings.Contains(err.Error(), "must be") {
			t.Errorf("%s: %v", field, err)
		}
	}
}
