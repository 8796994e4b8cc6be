package measure_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/child"
	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/hw/pci"
)

// geforce is in the form of a driver of 2024 and after; made up.
const geforce = `<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
	<timestamp>Sun Nov 29 12:00:00 2026</timestamp>
	<driver_version>580.65.06</driver_version>
	<cuda_version>13.0</cuda_version>
	<attached_gpus>1</attached_gpus>
	<gpu id="00000000:01:00.0">
		<product_name>NVIDIA GeForce RTX 4090</product_name>
		<mig_mode><current_mig>N/A</current_mig><pending_mig>N/A</pending_mig></mig_mode>
		<mig_devices>None</mig_devices>
		<serial>N/A</serial>
		<uuid>GPU-0A1b2c3d-4444-5555-6666-777788889999</uuid>
		<vbios_version>95.02.3C.00.11</vbios_version>
		<pci><pci_device_id>268410DE</pci_device_id><pci_bus_id>00000000:01:00.0</pci_bus_id>
			<pci_gpu_link_info><pcie_gen><max_link_gen>4</max_link_gen><current_link_gen>4</current_link_gen></pcie_gen></pci_gpu_link_info></pci>
		<performance_state>P2</performance_state>
		<fb_memory_usage><total>24564 MiB</total><reserved>400 MiB</reserved></fb_memory_usage>
		<bar1_memory_usage><total>32768 MiB</total></bar1_memory_usage>
		<cc_protected_memory_usage><total>0 MiB</total></cc_protected_memory_usage>
		<ecc_mode><current_ecc>Disabled</current_ecc></ecc_mode>
		<gpu_power_readings><current_power_limit>450.00 W</current_power_limit><default_power_limit>450.00 W</default_power_limit></gpu_power_readings>
		<module_power_readings><current_power_limit>N/A</current_power_limit></module_power_readings>
		<processes><process_info><pid>1</pid><process_name>x</process_name></process_info></processes>
	</gpu>
</nvidia_smi_log>`

// datacentre is in the form of a driver of 2022, with MIG on; made up.
const datacentre = `<?xml version="1.0" ?><nvidia_smi_log><driver_version>525.105.17</driver_version>
<gpu id="00010001:C1:00.0"><serial>1650000000001</serial><uuid>GPU-00000000-0000-0000-0000-00000000000a</uuid><vbios_version>92.00.45.00.03</vbios_version>
<mig_mode><current_mig>Enabled</current_mig></mig_mode>
<mig_devices><mig_device><fb_memory_usage><total>4864 MiB</total></fb_memory_usage><ecc_mode><current_ecc>Disabled</current_ecc></ecc_mode></mig_device></mig_devices>
<fb_memory_usage><total>81920 MiB</total></fb_memory_usage><ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode>
<power_readings><power_limit>300.50 W</power_limit><default_power_limit>400.00 W</default_power_limit></power_readings></gpu></nvidia_smi_log>`

func TestNvidia(t *testing.T) {
	t.Parallel()
	cards, err := measure.ParseNvidia([]byte(geforce))
	want := measure.Card{Address: pci.Address{Bus: 1}, ID: pci.ID{Vendor: 0x10de, Device: 0x2684}, Facts: measure.Facts{
		UUID: "GPU-0a1b2c3d-4444-5555-6666-777788889999", VBIOS: "95.02.3C.00.11", VRAMMiB: 24564, PowerLimitMW: 450_000, DefaultLimitMW: 450_000,
		ECC: measure.Off, MIG: measure.Without, CC: measure.Off, Driver: "580.65.06",
	}, Now: measure.Now{Product: "NVIDIA GeForce RTX 4090", LinkGen: 4, Busy: true}}
	if err != nil || len(cards) != 1 || cards[0] != want {
		t.Errorf("%+v, %v", cards, err)
	}
	if missing := want.Missing(); len(missing) != 0 {
		t.Errorf("%v", missing)
	}
	cards, err = measure.ParseNvidia([]byte(datacentre))
	want = measure.Card{Address: pci.Address{Domain: 0x10001, Bus: 0xc1}, Facts: measure.Facts{
		UUID: "GPU-00000000-0000-0000-0000-00000000000a", Serial: "1650000000001", VBIOS: "92.00.45.00.03", VRAMMiB: 81920,
		PowerLimitMW: 300_500, DefaultLimitMW: 400_000, ECC: measure.On, MIG: measure.On, Driver: "525.105.17",
	}}
	if err != nil || len(cards) != 1 || cards[0] != want {
		t.Errorf("%+v, %v", cards, err)
	}
	if missing := cards[0].Missing(); !slices.Equal(missing, []string{"cc"}) {
		t.Errorf("%v", missing)
	}
}

// A missing or malformed field counts as not measured; nothing else is
// affected.
func TestOddFields(t *testing.T) {
	t.Parallel()
	for change, missing := range map[string]string{
		"<uuid>GPU-0A1b2c3d-4444-5555-6666-777788889999</uuid>=>": "uuid",
		"GPU-0A1b=>GPU-zzzz":                                                             "uuid",
		"24564 MiB=>24564 GiB":                                                           "vram",
		"24564 MiB=>-1 MiB":                                                              "vram",
		"24564 MiB=>99999999999999999999 MiB":                                            "vram",
		"24564 MiB=>[N/A]":                                                               "vram",
		"95.02.3C.00.11=>a b\x1b":                                                        "vbios",
		"95.02.3C.00.11=>" + strings.Repeat("9", 65):                                     "vbios",
		"<current_power_limit>450.00 W=><current_power_limit>4x0.00 W":                   "power_limit",
		"<current_power_limit>450.00 W=><current_power_limit>450.0e W":                   "power_limit",
		"<current_ecc>Disabled=><current_ecc>Unknown Error":                              "ecc",
		"<mig_mode>=><mig_mode2>;</mig_mode>=></mig_mode2>":                              "mig",
		"<cc_protected_memory_usage><total>0 MiB=><cc_protected_memory_usage><total>N/A": "cc",
	} {
		text := geforce
		for part := range strings.SplitSeq(change, ";") {
			old, new, _ := strings.Cut(part, "=>")
			if !strings.Contains(text, old) {
				t.Fatalf("nothing to change: %q", old)
			}
			text = strings.ReplaceAll(text, old, new)
		}
		if strings.Contains(text, "\x1b") {
			text = strings.ReplaceAll(text, "\x1b", "&#27;") // which XML does not take
		}
		cards, err := measure.ParseNvidia([]byte(text))
		if strings.Contains(text, "&#27;") {
			if !errors.Is(err, measure.ErrAnswer) {
				t.Errorf("%q: %v", change, err)
			}
			continue
		}
		if err != nil || len(cards) != 1 || !slices.Equal(cards[0].Missing(), []string{missing}) {
			t.Errorf("%q: %v, %+v", change, err, cards)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", "<html></html>", geforce[:900], "<nvidia_smi_log>",
		"<nvidia_smi_log>" + strings.Repeat("<a>", 40), "<nvidia_smi_log>" + strings.Repeat(`<gpu id="00000000:01:00.0"></gpu>`, 80) + "</nvidia_smi_log>",
	} {
		if _, err := measure.ParseNvidia([]byte(text)); !errors.Is(err, measure.ErrAnswer) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	none := `<nvidia_smi_log><driver_version>580.1</driver_version><attached_gpus>0</attached_gpus></nvidia_smi_log>`
	if cards, err := measure.ParseNvidia([]byte(none)); err != nil || len(cards) != 0 {
		t.Errorf("%v, %v", cards, err)
	}
}

// rocm has the names of two versions; made up.
const rocm = `WARNING: AMD GPU device(s) is/are in a low-power state.
{"card0": {"Device ID": "0x740f", "Unique ID": "0xab12cd34ef560001", "VBIOS version": "113-D67301V-073", "Max Graphics Package Power (W)": "300.0", "VRAM Total Memory (B)": "68702699520", "VRAM Total Used Memory (B)": "10960896", "PCI Bus": "0000:2F:00.0"},
 "card1": {"GPU ID": "0x740f", "Unique Id": "N/A", "PCI BUS": "0000:30:00.0", "VRAM Total Memory (B)": 7},
 "card2": {"PCI Bus": "nowhere"}, "system": {"Driver version": "6.10.5"}}`

func TestROCm(t *testing.T) {
	t.Parallel()
	cards, err := measure.ParseROCm([]byte(rocm))
	if err != nil || len(cards) != 2 {
		t.Fatalf("%+v, %v", cards, err)
	}
	want := measure.Card{Address: pci.Address{Bus: 0x2f}, ID: pci.ID{Vendor: 0x1002, Device: 0x740f}, Facts: measure.Facts{
		Serial: "ab12cd34ef560001", VBIOS: "113-D67301V-073", VRAMMiB: 65520, PowerLimitMW: 300_000, Driver: "6.10.5",
	}}
	if cards[0] != want || !slices.Equal(want.Missing(), []string{"ecc", "mig", "cc"}) {
		t.Errorf("%+v, missing %v", cards[0], want.Missing())
	}
	if missing := cards[1].Missing(); len(missing) != 7 || cards[1].ID.Device != 0x740f {
		t.Errorf("%v", missing)
	}
	for _, text := range []string{"", "{", "[]", `{"card0": "x"}`, "no GPUs"} {
		if _, err := measure.ParseROCm([]byte(text)); !errors.Is(err, measure.ErrAnswer) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func tool(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "smi")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// One program that fails hides nothing of the other.
func TestRead(t *testing.T) {
	t.Parallel()
	good := tool(t, fmt.Sprintf("[ \"$*\" = '-q -x' ] || exit 1\ncat <<'END'\n%s\nEND\n", geforce))
	cards, err := measure.Read(t.Context(), measure.Tools{Nvidia: good, ROCm: tool(t, "echo no device >&2; exit 2")})
	if err == nil || !strings.Contains(err.Error(), "no device") || len(cards) != 1 {
		t.Errorf("%v, %v", cards, err)
	}
	if cards, err := measure.Read(t.Context(), measure.Tools{Nvidia: tool(t, "yes"), ROCm: ""}); !errors.Is(err, child.ErrOutput) || len(cards) != 0 {
		t.Errorf("%v, %v", cards, err)
	}
	if cards, err := measure.Read(t.Context(), measure.Tools{}); err != nil || len(cards) != 0 {
		t.Errorf("%v, %v", cards, err)
	}
}

func FuzzNvidia(f *testing.F) {
	f.Add([]byte(geforce))
	f.Add([]byte(datacentre))
	f.Fuzz(func(t *testing.T, text []byte) {
		cards, err := measure.ParseNvidia(text)
		if err != nil && !errors.Is(err, measure.ErrAnswer) {
			t.Error(err)
		}
		bounds(t, cards)
	})
}

func FuzzROCm(f *testing.F) {
	f.Add([]byte(rocm))
	f.Fuzz(func(t *testing.T, text []byte) {
		cards, err := measure.ParseROCm(text)
		if err != nil && !errors.Is(err, measure.ErrAnswer) {
			t.Error(err)
		}
		bounds(t, cards)
	})
}

func bounds(t *testing.T, cards []measure.Card) {
	t.Helper()
	for _, c := range cards {
		for _, text := range []string{c.UUID, c.Serial, c.VBIOS, c.Driver} {
			if len(text) > 64 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Errorf("%q", text)
			}
		}
		if !c.Valid() {
			t.Errorf("%+v is not valid", c)
		}
		if c.VRAMMiB > 16<<20 || c.PowerLimitMW > 100_000_000 || len(cards) > 65 {
			t.Errorf("%+v", c)
		}
	}
}
