package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/inventory"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/x/machine"
)

// Bounds of an inventory: the chain's slots, and the most that a board has.
const (
	maxInventory = 1 << 20
	maxSlots     = 256
	maxGPUs      = 64
	maxFunctions = 256
)

// Inventory checks that an inventory is signed by the machine's key, and that it is
// the one whose hash the chain lists. It returns it only if both hold.
func Inventory(chainID, machineID string, facts machine.Facts, signed api.SignedInventory) (inventory.Inventory, probe.Result) {
	result := probe.Result{Check: probe.CheckInventory, Level: probe.Fail, Expected: hex.EncodeToString(facts.InventoryHash)}
	text := []byte(signed.Inventory)
	hash := sha256.Sum256(text)
	result.Read = hex.EncodeToString(hash[:])
	signature, err := hex.DecodeString(signed.Signature)
	switch {
	case err != nil || machine.VerifySignature(machineID, machine.InventoryText(chainID, machineID, text), signature) != nil:
		result.Code = probe.CodeSignature
	case !bytes.Equal(hash[:], facts.InventoryHash):
		result.Code = probe.CodeHash
	default:
		if inventory, ok := decode(machineID, text); ok {
			result.Level, result.Code = probe.Pass, probe.CodeSame
			return inventory, result
		}
		result.Code = probe.CodeForm
	}
	return inventory.Inventory{}, result
}

// decode reads an inventory; later versions may have further fields.
func decode(machineID string, text []byte) (inventory.Inventory, bool) {
	var i inventory.Inventory
	if len(text) > maxInventory || json.Unmarshal(text, &i) != nil {
		return inventory.Inventory{}, false
	}
	fits := i.Schema == inventory.Schema && i.MachineID == machineID && len(i.Slots) <= maxSlots
	for n, s := range i.Slots {
		fits = fits && s.Index == n && len(s.GPUs) <= maxGPUs && len(s.Functions) <= maxFunctions
	}
	return i, fits
}
