package measure

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/hw/pci"
)

const (
	// maxCards bounds how many cards an output may have, maxDepth how deep it nests.
	maxCards, maxDepth = 64, 16
	// maxMiB and maxMW bound a card's memory and power: 16 TiB, 100 kW.
	maxMiB, maxMW = 16 << 20, 100_000_000
)

var (
	uuid = regexp.MustCompile(`^gpu-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	word = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`)
	// product is a name of several words.
	product = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._/()-]{0,63}$`)
)

// nvidiaNames maps paths below a card's element to what is read there. Names have
// changed between versions of the driver: the first with a value counts.
var nvidiaNames = map[string]string{
	"uuid": "uuid", "serial": "serial", "vbios_version": "vbios",
	"pci/pci_bus_id": "address", "pci/pci_device_id": "id",
	"fb_memory_usage/total": "vram", "cc_protected_memory_usage/total": "cc",
	"gpu_power_readings/current_power_limit": "limit", "power_readings/enforced_power_limit": "limit", "power_readings/power_limit": "limit",
	"gpu_power_readings/default_power_limit": "default", "power_readings/default_power_limit": "default",
	"ecc_mode/current_ecc": "ecc", "mig_mode/current_mig": "mig",
	"product_name": "product", "pci/pci_gpu_link_info/pcie_gen/current_link_gen": "gen", "performance_state": "state",
}

// ParseNvidia parses the output of nvidia-smi -q -x. Its format is not promised
// to be stable, so a missing field counts as not measured; a card without a
// readable address is left out.
func ParseNvidia(text []byte) ([]Card, error) {
	decoder := xml.NewDecoder(bytes.NewReader(text))
	var (
		cards  []Card
		path   []string
		driver string
		values map[string]string
		data   strings.Builder
	)
	for {
		token, err := decoder.Token()
		if token == nil {
			break
		}
		if err != nil {
			return cards, fmt.Errorf("%w: %w", ErrAnswer, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if path = append(path, t.Name.Local); len(path) > maxDepth || len(cards) > maxCards {
				return nil, fmt.Errorf("%w: deeper or more than there can be", ErrAnswer)
			}
			if len(path) == 1 && path[0] != "nvidia_smi_log" {
				return nil, fmt.Errorf("%w: it begins with %.32q", ErrAnswer, path[0])
			}
			if isCard(path) {
				values = map[string]string{"address": attribute(t, "id")}
			}
			data.Reset()
		case xml.CharData:
			if data.Len()+len(t) <= 256 {
				data.Write(t)
			}
		case xml.EndElement:
			if isCard(path) {
				if card, ok := nvidiaCard(values); ok {
					cards = append(cards, card)
				}
			} else if len(path) > 2 && isCard(path[:2]) {
				note(values, strings.Join(path[2:], "/"), strings.TrimSpace(data.String()))
			} else if len(path) == 2 && path[1] == "driver_version" {
				driver = value(strings.TrimSpace(data.String()), word)
			}
			path = path[:len(path)-1]
			data.Reset()
		}
	}
	if _, err := decoder.Token(); len(path) > 0 || len(cards) == 0 && driver == "" {
		return cards, fmt.Errorf("%w: it ends too early: %w", ErrAnswer, err)
	}
	for i := range cards {
		cards[i].Driver = driver
	}
	return cards, nil
}

func isCard(path []string) bool { return len(path) == 2 && path[1] == "gpu" }

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// note keeps the first value of a name that is not empty.
func note(values map[string]string, path, text string) {
	name, known := nvidiaNames[path]
	if known && text != "" && (values[name] == "" || values[name] == "N/A") {
		values[name] = text
	}
}

func nvidiaCard(v map[string]string) (Card, bool) {
	at, err := pci.ParseAddress(v["address"])
	if err != nil {
		return Card{}, false
	}
	c := Card{Address: at, Facts: Facts{
		UUID: value(strings.ToLower(v["uuid"]), uuid), Serial: value(v["serial"], word), VBIOS: value(v["vbios"], word),
		VRAMMiB: number(v["vram"], " MiB", 1, maxMiB), PowerLimitMW: number(v["limit"], " W", 1000, maxMW), DefaultLimitMW: number(v["default"], " W", 1000, maxMW),
		ECC: mode(v["ecc"]), MIG: mode(v["mig"]), CC: ccMode(v["cc"]),
	}}
	c.Now = Now{Product: value(v["product"], product), LinkGen: int(number(v["gen"], "", 1, 9)), Busy: v["state"] == "P0" || v["state"] == "P1" || v["state"] == "P2"}
	if c.UUID != "" {
		c.UUID = "GPU-" + c.UUID[len("gpu-"):]
	}
	// 268410DE is device 2684 of vendor 10de.
	if id := v["id"]; len(id) == 8 || len(id) == 10 && strings.HasPrefix(id, "0x") {
		if n, err := strconv.ParseUint(id[len(id)-8:], 16, 32); err == nil {
			c.ID = pci.ID{Vendor: uint16(n), Device: uint16(n >> 16)}
		}
	}
	return c, true
}

// value returns a text that matches a form, else "": N/A matches none.
func value(text string, form *regexp.Regexp) string {
	if !form.MatchString(text) || text == "N/A" || text == "n/a" {
		return ""
	}
	return text
}

func mode(text string) Mode {
	switch text {
	case "Enabled":
		return On
	case "Disabled":
		return Off
	case "N/A":
		return Without
	}
	return ""
}

// ccMode judges by the memory that is set apart: the output does not contain the
// mode. A card that cannot do it says N/A, and so did drivers that could not tell.
func ccMode(total string) Mode {
	switch {
	case total == "0 MiB":
		return Off
	case number(total, " MiB", 1, maxMiB) > 0:
		return On
	}
	return ""
}

// number parses a decimal number with a unit, times scale, without a float; 0
// for what is no number or above most.
func number(text, unit string, scale, most uint64) uint64 {
	text, ok := strings.CutSuffix(text, unit)
	if !ok {
		return 0
	}
	whole, fraction, _ := strings.Cut(text, ".")
	n, err := strconv.ParseUint(whole, 10, 40)
	if err != nil || n > most {
		return 0
	}
	n *= scale
	for _, digit := range fraction {
		if digit < '0' || digit > '9' {
			return 0
		}
		scale /= 10
		n += scale * uint64(digit-'0')
	}
	if n > most {
		return 0
	}
	return n
}
