package gpu

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/dbc-network/dbc/hw/pci"
)

// TableVersion is the version of the canonical names. It changes whenever the name of an
// existing card does, which the chain then treats as another GPU type.
const TableVersion = "1"

//go:embed models.tsv
var table string

// vendors are those whose GPUs are rented out.
var vendors = map[uint16]string{0x10de: "NVIDIA", 0x1002: "AMD", 0x8086: "Intel"}

// Rented reports whether a vendor's GPUs are rented out.
func Rented(vendor uint16) bool { return vendors[vendor] != "" }

// Named reports whether a name of ModelOf is more than ids, that is, whether the card
// is known at all.
func Named(name string, id pci.ID) bool {
	return name != numbered(id)
}

// Consumer reports whether a GPU type is an NVIDIA consumer card, whose driver has
// narrower licence terms: those sold as GeForce or Titan.
func Consumer(name string) bool {
	return strings.HasPrefix(name, "NVIDIA GeForce") || strings.HasPrefix(strings.ToUpper(name), "NVIDIA TITAN")
}

// Model is what is known about a kind of GPU without asking its driver.
type Model struct {
	// Name is the canonical GPU type, which the chain lists and compares.
	Name string `json:"name"`
	// SkyPilot, GPUHunt and Kubernetes are its names in SkyPilot's catalogue, in
	// dstack's gpuhunt and in the label of NVIDIA's or AMD's feature discovery.
	SkyPilot   string `json:"skypilot"`
	GPUHunt    string `json:"gpuhunt"`
	Kubernetes string `json:"kubernetes"`
	// traits are those of the table: fabric, broken, coherent, integrated.
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

// asSold removes words that don't make another type of card.
var asSold = strings.NewReplacer(" Lite Hash Rate", "", " LHR", "", " Max-Q / Mobile", " Laptop GPU", " Mobile", " Laptop GPU", " / ", "/")

// named makes a canonical name from one of pci.ids: "GA102 [GeForce RTX 3090]"
// is an NVIDIA GeForce RTX 3090. The name a card is sold under is in brackets.
func named(id pci.ID, name string) string {
	vendor := vendors[id.Vendor]
	_, sold, ok := strings.Cut(name, "[")
	sold, _, _ = strings.Cut(sold, "]")
	if !ok || sold == "" {
		return numbered(id)
	}
	sold = strings.TrimPrefix(asSold.Replace(sold), vendor+" ")
	// The chain's limit for a gpu_type, in bytes.
	if full := vendor + " " + sold; len(full) <= 64 {
		return full
	}
	return numbered(id)
}

// numbered returns the name of a card that has no other.
func numbered(id pci.ID) string { return strings.TrimSpace(vendors[id.Vendor] + " " + id.String()) }

// complete fills in the names that follow from the canonical one, by the rules
// of those who use them: feature discovery replaces spaces with hyphens,
// SkyPilot and gpuhunt omit the vendor's words and all spaces.
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
