package gpu_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/pci"
)

// TestTable: a malformed line would name a card by chance.
func TestTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("models.tsv")
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`^(10de|1002|8086):[0-9a-f]{4}(:[0-9a-f]{2})?$`)
	traits := []string{"", "fabric", "board", "broken", "coherent", "integrated"}
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) < 2 || len(f) > 6 || !id.MatchString(f[0]) || seen[f[0]] || f[1] == "" || len(f[1]) > 64 || strings.TrimSpace(f[1]) != f[1] {
			t.Errorf("%q", line)
		}
		if len(f) == 6 && !slices.Contains(traits, f[5]) {
			t.Errorf("unknown trait: %q", line)
		}
		seen[f[0]] = true
	}
}

func TestModels(t *testing.T) {
	t.Parallel()
	for id, want := range map[pci.ID][4]string{
		{Vendor: 0x10de, Device: 0x2684}: {"NVIDIA GeForce RTX 4090", "RTX4090", "RTX4090", "NVIDIA-GeForce-RTX-4090"},
		{Vendor: 0x10de, Device: 0x2504}: {"NVIDIA GeForce RTX 3060", "RTX3060", "RTX3060", "NVIDIA-GeForce-RTX-3060"},
		{Vendor: 0x10de, Device: 0x20b2}: {"NVIDIA A100 SXM4 80GB", "A100-80GB", "A100", "NVIDIA-A100-SXM4-80GB"},
		{Vendor: 0x10de, Device: 0x2321}: {"NVIDIA H100 NVL", "H100", "H100NVL", "NVIDIA-H100-NVL"},
		{Vendor: 0x1002, Device: 0x740f}: {"AMD Instinct MI210", "MI210", "MI210", "AMD-Instinct-MI210"},
		{Vendor: 0x8086, Device: 0xe20b}: {"Intel Arc B580", "ArcB580", "ArcB580", "Intel-Arc-B580"},
		{Vendor: 0x10de, Device: 0xfffe}: {"NVIDIA 10de:fffe", "10de:fffe", "10de:fffe", "NVIDIA-10de:fffe"},
	} {
		names, err := pci.Lookup(id)
		if err != nil {
			t.Fatal(err)
		}
		m := gpu.ModelOf(pci.Function{ID: id}, names)
		if got := [4]string{m.Name, m.SkyPilot, m.GPUHunt, m.Kubernetes}; got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

// TestCodesAreListed: a code that is not listed could be shown without a text.
func TestCodesAreListed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("reason.go")
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	for _, m := range regexp.MustCompile(`Code = "([A-Z_]+)"|Code\s+Code = "([A-Z_]+)"`).FindAllStringSubmatch(string(text), -1) {
		declared = append(declared, m[1]+m[2])
	}
	var listed []string
	for _, c := range gpu.Codes {
		listed = append(listed, string(c))
	}
	slices.Sort(declared)
	slices.Sort(listed)
	if len(listed) < 20 || !slices.Equal(declared, listed) {
		t.Errorf("listed %v, declared %v", listed, declared)
	}
}
