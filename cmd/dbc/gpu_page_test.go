package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/test/page"
)

// bound is what the boot unit of dbc host gpu bind changes about that computer.
const bound = `
@file sys/module/vfio/refcnt 0
@file sys/module/vfio_pci/refcnt 0
@file sys/module/vfio_iommu_type1/refcnt 0
@file dev/vfio/20 -
@file dev/vfio/21 -
`

// hostShell makes the commands of the page act on a copy of a computer: dbc reads its
// root, reboot goes on with the one that has started again, and dbc is installed.
const hostShell = `
dbc() {
  local tools=()
  case "$2 $3" in
    "gpu bind") tools=(--nvidia-smi "$SMI") ;;
  esac
  command dbc "$@" "${tools[@]}" --root "$ROOT"
}
reboot() { [ "$ROOT" = "$AGAIN" ] || cp -a "$ROOT/etc" "$AGAIN/"; ROOT=$AGAIN; }
install() { :; }`

// TestGPUPage follows the page for hosts with GPUs as far as that goes without a
// card: on a tree of sysfs and procfs, with a recorded answer of nvidia-smi.
func TestGPUPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/host.txt")
	if err != nil {
		t.Fatal(err)
	}
	before := string(text)
	after := strings.NewReplacer("driver=nvidia", "driver=vfio-pci", "@file sys/module/nvidia/refcnt 2\n", "").Replace(before) + bound
	smi := filepath.Join(t.TempDir(), "nvidia-smi")
	if err := os.WriteFile(smi, []byte("#!/bin/sh\ncat <<'END'\n"+smiAnswer+"END\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	blocks, err := page.Of("../..", "docs/gpu.md", "cards")
	if err != nil {
		t.Fatal(err)
	}
	r := page.NewReader(t, t.TempDir(), []string{
		"DBC_HOME=" + t.TempDir(), "DBC_WALLET=", "TZ=UTC", "SMI=" + smi, "ROOT=" + hwtest.Build(t, before), "AGAIN=" + hwtest.Build(t, after),
	})
	r.Prepare(hostShell)
	r.Follow(blocks)
}

// TestGPUPageProblems: what the page says of a problem or of a kind that is not
// supported, the inventory or the doctor says on a computer that has it.
func TestGPUPageProblems(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/host.txt")
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, name := range []string{"../../docs/gpu.md", "../../docs/gpu.zh.md"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages[name] = string(page)
	}
	const card = "  01:00.0 0302 10de:26b9 group=20 driver=nvidia numa=0 reset=flr,bus bars=16M,64Gp,32Mp link=16.0x16/16.0x16"
	of := func(old, new string) []string { return []string{card, strings.Replace(card, old, new, 1)} }
	more := func(line string) []string { return []string{card, card + "\n" + line} }
	for name, c := range map[string]struct {
		// named is how both pages name it, change old and new text in turn.
		named  string
		change []string
		want   string
	}{
		"MI300X":               {"MI300X", of("0302 10de:26b9", "1200 1002:74a1"), "known not to come back from a reset"},
		"MI325X":               {"MI325X", of("0302 10de:26b9", "1200 1002:74a5"), "known not to come back from a reset"},
		"MI355X":               {"MI355X", of("0302 10de:26b9", "1200 1002:75a3"), "known not to come back from a reset"},
		"GB203":                {"GB203", of("10de:26b9", "10de:2c02"), "RTX 5080"},
		"GeForce RTX 5090":     {"GeForce RTX 5090", []string{card, strings.Replace(card, "10de:26b9", "10de:2b85", 1) + "\n@file sys/bus/pci/devices/0000:01:00.0/d3cold_allowed 1"}, "disable_idle_d3"},
		"a kernel":             {"6.14.2", []string{"6.12.48+deb13-amd64", "6.14.2-amd64"}, "warn: kernel\n"},
		"another kernel":       {"6.12.23", []string{"6.12.48+deb13-amd64", "6.12.23-amd64"}, "warn: kernel\n"},
		"boot VGA":             {"boot VGA", of("numa=0", "numa=0 boot_vga"), "the firmware shows its messages on it"},
		"its framebuffer":      {"video=efifb:off", []string{card, strings.Replace(card, "16M,", "16M@e0000000,", 1) + "\n@iomem e0000000-e0100000 BOOTFB"}, "video=efifb:off"},
		"Above 4G Decoding":    {"Above 4G Decoding", of("64Gp", "64Gp!"), "turn on Above 4G Decoding in the firmware"},
		"39 bits":              {"39", []string{"@iommu ivhd0", "@iommu dmar0 39"}, "fail: address width"},
		"one group with SATA":  {"pcie_acs_override", more("  02:00.0 0106 1022:43c8 group=20 driver=ahci"), "also has 0000:02:00.0"},
		"one lane":             {"--risers", of("link=16.0x16", "link=16.0x1"), "fail: link of 0000:01:00.0"},
		"bus errors":           {"dbc host doctor", more("@file sys/bus/pci/devices/0000:01:00.0/aer_dev_fatal TOTAL_ERR_FATAL 2"), "warn: errors on the bus of 0000:01:00.0"},
		"processor's graphics": {"APU", more("00:02.0 0380 8086:1912 group=9 driver=i915 bars=16Mp"), "it is the processor's own graphics"},
		"virtual functions":    {"VF", of("reset=", "vfs=4/16 reset="), "4 virtual functions are enabled"},
		"Arm":                  {"Arm", []string{"@cpu AuthenticAMD 52", "@cpu arm64 48"}, "this computer is "},
		"Grace":                {"GB200", of("10de:26b9", "10de:2941"), "its memory is the computer's own"},
		"ACS override":         {"pcie_acs_override", []string{"@cmdline quiet", "@cmdline quiet pcie_acs_override=downstream"}, "runs with pcie_acs_override"},
		"unsafe interrupts":    {"allow_unsafe_interrupts", more("@file sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts Y"), "allow_unsafe_interrupts"},
		"MIG":                  {"MIG", nil, ""},
		"vGPU":                 {"vGPU", nil, ""},
		"NVSwitch":             {"NVSwitch", nil, ""},
	} {
		for page, said := range pages {
			if !strings.Contains(said, c.named) {
				t.Errorf("%s does not name %s", page, c.named)
			}
		}
		changed := strings.NewReplacer(c.change...).Replace(string(text))
		if c.change != nil && changed == string(text) {
			t.Errorf("%s: nothing was changed", name)
		}
		root := hwtest.Build(t, changed)
		var out bytes.Buffer
		for _, command := range []string{"inventory", "doctor"} {
			cmd, _ := newRootCommand(&settings{})
			cmd.SetOut(&out)
			cmd.SetErr(&out)
			cmd.SetArgs([]string{"host", command, "--root", root})
			if err := cmd.ExecuteContext(t.Context()); err != nil && !errors.Is(err, errDoctor) {
				t.Fatal(err)
			}
		}
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: no %q in\n%s", name, c.want, out.String())
		}
	}
}

// smiAnswer is what nvidia-smi says of the two cards.
const smiAnswer = `<nvidia_smi_log><driver_version>580.95.05</driver_version>
<gpu id="00000000:01:00.0"><product_name>NVIDIA L40S</product_name><uuid>GPU-5b4a2f6e-0c1d-4e8a-9f37-1a2b3c4d5e6f</uuid>` + smiCard + `
<gpu id="00000000:91:00.0"><product_name>NVIDIA L40S</product_name><uuid>GPU-8d1c7e90-2b3a-4f5d-8e6c-7a9b0c1d2e3f</uuid>` + smiCard + `
</nvidia_smi_log>
`

const smiCard = `
  <vbios_version>95.02.66.00.02</vbios_version><fb_memory_usage><total>46068 MiB</total></fb_memory_usage>
  <ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode><mig_mode><current_mig>N/A</current_mig></mig_mode>
  <cc_protected_memory_usage><total>0 MiB</total></cc_protected_memory_usage>
  <gpu_power_readings><current_power_limit>350.00 W</current_power_limit><default_power_limit>350.00 W</default_power_limit></gpu_power_readings></gpu>`
