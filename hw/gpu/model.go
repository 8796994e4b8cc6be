package gpu

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/dbc-network/dbc/hw/pci"
)

// TableVersion is the version of the canonical names. It changes whenever a name
// of an existing card does, which then is another GPU type to the chain.
const TableVersion = "1"

//go:embed models.tsv
var table string

// vendors are those whose GPUs are rented out.
var vendors = map[uint16]string{0x10de: "NVIDIA", 0x1002: "AMD", 0x8086: "Intel"}

// Model is what is known of a kind of GPU without asking its driver.
type Model struct {
	// Name is the canonical GPU type: what the chain lists and compares.
	Name string `json:"name"`
	// SkyPilot, GPUHunt and Kubernetes are the names of the same in SkyPilot's
	// catalogue, in dstack's gpuhunt and in the label of NVIDIA's or AMD's feature
	// discovery.
	SkyPilot   string `json:"skypilot"`
	GPUHunt    string `json:"gpuhunt"`
	Kubernetes string `json:"kubernetes"`
	// traits of the table: fabric, broken, coherent, integrated.
	traits string
}

func (m Model) is(trait string) bool {
	for t := range strings.SplitSeq(m.traits, ",") {
		if t == trait {
			return true
		}
	}
	return false
}

// models maps "10de:2335", or "1002:744c:c8" with a revision, to its model.
var models = sync.OnceValue(func() map[string]Model {
	known := map[string]Model{}
	for line := range strings.Lines(table) {
		line = strings.TrimRight(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		for len(f) < 6 {
			f = append(f, "")
		}
		known[f[0]] = complete(Model{f[1], f[2], f[3], f[4], f[5]})
	}
	return known
})

// ModelOf returns the model of a function: by the table, else by its name in
// pci.ids, else by its numbers. An old pci.ids never hides a card.
func ModelOf(f pci.Function, names pci.Names) Model {
	known := models()
	if m, ok := known[f.ID.String()+":"+hex2(f.Revision)]; ok {
		return m
	}
	if m, ok := known[f.ID.String()]; ok {
		return m
	}
	return complete(Model{Name: named(f.ID, names.Device(f.ID))})
}

// asSold leaves out what does not make another type of card.
var asSold = strings.NewReplacer(" Lite Hash Rate", "", " LHR", "", " Max-Q / Mobile", " Laptop GPU", " Mobile", " Laptop GPU", " / ", "/")

// named makes a canonical name of one of pci.ids: "GA102 [GeForce RTX 3090]" is
// an NVIDIA GeForce RTX 3090. What a card is sold as stands in brackets.
func named(id pci.ID, name string) string {
	vendor := vendors[id.Vendor]
	_, sold, ok := strings.Cut(name, "[")
	sold, _, _ = strings.Cut(sold, "]")
	if !ok || sold == "" {
		return strings.TrimSpace(vendor + " " + id.String())
	}
	sold = strings.TrimPrefix(asSold.Replace(sold), vendor+" ")
	// The chain's limit for a gpu_type, in bytes.
	if full := vendor + " " + sold; len(full) <= 64 {
		return full
	}
	return vendor + " " + id.String()
}

// complete fills in the names that follow from the canonical one, by the rules
// of those who use them: feature discovery writes hyphens for spaces, SkyPilot
// and gpuhunt leave the vendor's words and all spaces out.
func complete(m Model) Model {
	short := m.Name
	for _, word := range []string{"NVIDIA ", "GeForce ", "AMD ", "Instinct ", "Radeon ", "Intel "} {
		short = strings.ReplaceAll(short, word, "")
	}
	short = strings.ReplaceAll(short, " ", "")
	for field, derived := range map[*string]string{
		&m.SkyPilot: short, &m.GPUHunt: short, &m.Kubernetes: strings.ReplaceAll(m.Name, " ", "-"),
	} {
		if *field == "" {
			*field = derived
		}
	}
	return m
}

func hex2(n uint8) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[n>>4], digits[n&15]})
}
