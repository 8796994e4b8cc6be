package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/x/machine"
)

// TestBondFile: a written bond can be read, with the chain's words or the numbers that dbc
// used to write, and a kind of slot that this version does not know is preserved.
func TestBondFile(t *testing.T) {
	t.Parallel()
	bond := machine.Bond{
		MachineId: strings.Repeat("ab", 32), PricePerDay: math.MaxUint64, BondSeq: 1, Expiry: 1_800_000_000, Signature: bytes.Repeat([]byte{7}, 64),
		Facts: machine.Facts{
			KeepDiskPolicy: machine.KEEP_DISK_POLICY_EVICT, InventoryHash: []byte{1, 2},
			Slots: []machine.Slot{{Kind: machine.SLOT_KIND_TEST, GpuType: "Test GPU", GpuCount: 1}, {Kind: 77, GpuCount: 2}},
		},
	}
	var words bytes.Buffer
	if err := writeBond(&words, bond); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"SLOT_KIND_TEST"`, `"KEEP_DISK_POLICY_EVICT"`, `"kind": 77`, `"price_per_day": "18446744073709551615"`} {
		if !strings.Contains(words.String(), part) {
			t.Errorf("no %s in\n%s", part, &words)
		}
	}
	numbers, err := json.MarshalIndent(bond, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string][]byte{"words": words.Bytes(), "numbers": numbers} {
		path := filepath.Join(t.TempDir(), "bond.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readBond(path); err != nil || !reflect.DeepEqual(got, bond) {
			t.Errorf("%s: got %+v, %v, want %+v", form, got, err, bond)
		}
	}
}
