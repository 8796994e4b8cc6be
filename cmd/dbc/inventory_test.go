package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/hwtest"
)

// TestEveryCodeHasWords: a code alone means nothing to a host.
func TestEveryCodeHasWords(t *testing.T) {
	t.Parallel()
	for _, code := range gpu.Codes {
		if words := wordsOf(gpu.Reason{Code: code}); words == string(code) {
			t.Errorf("%s has no words", code)
		}
	}
}

func inventoryOf(t *testing.T, name string, flags ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../hw/gpu/testdata/cases", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	root, _ := newRootCommand(&settings{})
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs(append([]string{"host", "inventory", "--root", hwtest.Build(t, string(text))}, flags...))
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A host reads which card has a slot, why another has none, and what to do.
func TestInventory(t *testing.T) {
	t.Parallel()
	said := inventoryOf(t, "02-behind-the-chipset")
	for _, want := range []string{
		"0000:07:00.0", "NVIDIA GeForce RTX 3060", "none",
		"also has 0000:01:00.1", "driver ahci", "which this host needs for default route", "move the card", "never use pcie_acs_override",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	said = inventoryOf(t, "12-two-l40s-and-aspeed")
	for _, want := range []string{"Slot 1: 0000:91:00.0; 131072 MiB", "0000:c4:00.0 is not rented out"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if said := inventoryOf(t, "17-wide-domains"); strings.Contains(said, "10001") {
		t.Errorf("a disk is no news:\n%s", said)
	}
}

func TestInventoryJSON(t *testing.T) {
	t.Parallel()
	var inv struct {
		GPUs []struct {
			Address, Name, Vendor, Class, Reset, Driver string
			PCIIDs                                      string `json:"pci_ids"`
			Functions, Group                            []string
			Passable                                    bool
			Reasons                                     []struct {
				Code   string
				Params map[string]string
			}
		}
		Slots       []struct{ GPUs, Functions []string }
		Unsupported []struct{ Address string }
	}
	if err := json.Unmarshal([]byte(inventoryOf(t, "12-two-l40s-and-aspeed", "--json")), &inv); err != nil {
		t.Fatal(err)
	}
	g := inv.GPUs[0]
	if len(inv.GPUs) != 2 || g.Address != "0000:01:00.0" || g.Name != "NVIDIA L40S" || g.Vendor != "NVIDIA" || g.Class != "0302" ||
		g.PCIIDs != "10de:26b9" || g.Reset != "flr" || g.Driver != "nvidia" || !g.Passable || g.Reasons == nil || len(g.Group) != 1 || len(g.Functions) != 1 {
		t.Errorf("%+v", inv)
	}
	if len(inv.Slots) != 2 || len(inv.Unsupported) != 1 {
		t.Errorf("%+v", inv)
	}
}
