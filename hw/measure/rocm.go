package measure

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/hw/pci"
)

const amd = 0x1002

// ParseROCm parses the output of rocm-smi --json: an object for each card, with
// texts under names that differ in case between versions. Warnings may precede
// it. ECC and MIG are not in it; these cards have no CC.
func ParseROCm(text []byte) ([]Card, error) {
	start := bytes.IndexByte(text, '{')
	if start < 0 {
		return nil, fmt.Errorf("%w: no object", ErrAnswer)
	}
	var all map[string]map[string]any
	if err := json.NewDecoder(bytes.NewReader(text[start:])).Decode(&all); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if len(all) > maxCards+1 { // and "system"
		return nil, fmt.Errorf("%w: %d cards", ErrAnswer, len(all))
	}
	driver := value(texts(all["system"])["driver version"], word)
	var cards []Card
	for _, name := range slices.Sorted(maps.Keys(all)) {
		v := texts(all[name])
		at, err := pci.ParseAddress(v["pci bus"])
		if !strings.HasPrefix(name, "card") || err != nil {
			continue
		}
		c := Card{Address: at, Facts: Facts{
			Serial: value(strings.TrimPrefix(v["unique id"], "0x"), word), VBIOS: value(v["vbios version"], word),
			VRAMMiB: number(v["vram total memory (b)"], "", 1, maxMiB<<20) >> 20, PowerLimitMW: number(v["max graphics package power (w)"], "", 1000, maxMW),
			Driver: driver,
		}}
		device := v["device id"]
		if device == "" {
			device = v["gpu id"]
		}
		if n, err := strconv.ParseUint(strings.TrimPrefix(device, "0x"), 16, 16); err == nil {
			c.ID = pci.ID{Vendor: amd, Device: uint16(n)}
		}
		cards = append(cards, c)
	}
	return cards, nil
}

// texts returns the texts of an object by their names in lower case.
func texts(values map[string]any) map[string]string {
	list := map[string]string{}
	for name, v := range values {
		if text, ok := v.(string); ok && len(text) <= 256 {
			list[strings.ToLower(name)] = strings.TrimSpace(text)
		}
	}
	return list
}
