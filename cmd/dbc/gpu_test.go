package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/x/machine"
)

func TestEveryOutcomeHasWords(t *testing.T) {
	t.Parallel()
	for _, code := range binding.Codes {
		if words, ok := outcomeWords[code]; !ok || words(nil) == "" {
			t.Errorf("%s has no words", code)
		}
	}
}

func gpuCommand(t *testing.T, root string, args ...string) (string, error) {
	t.Helper()
	cmd, _ := newRootCommand(&settings{})
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(append(append([]string{"host", "gpu"}, args...), "--root", root))
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// A host sees what was written, what is not listed and that a reboot is due, and
// the boot unit's command reports what happened to each function.
func TestGPUCommands(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../hw/gpu/testdata/cases/12-two-l40s-and-aspeed.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir := hwtest.Build(t, strings.ReplaceAll(string(text), " driver=nvidia", ""))
	if err := os.MkdirAll(filepath.Join(dir, "etc/initramfs-tools"), 0o755); err != nil {
		t.Fatal(err)
	}
	smi := filepath.Join(dir, "smi")
	answer := `<nvidia_smi_log><driver_version>580.1</driver_version><gpu id="00000000:91:00.0"><fb_memory_usage><total>46068 MiB</total></fb_memory_usage></gpu></nvidia_smi_log>`
	if err := os.WriteFile(smi, []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	said, err := gpuCommand(t, dir, "bind", "--slot", "1", "--nvidia-smi", smi, "--rocm-smi", "/nonexistent")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Slot of number 0: 0000:91:00.0 (10de:26b9)", "46068 MiB; not measured: uuid, vbios, power_limit, ecc, mig, cc", "/nonexistent", "Not bound: 0000:", "Wrote /etc/dbc/gpus.toml", "Wrote /etc/systemd/system/dbc-gpu-bind.service",
		"To run: systemctl daemon-reload && update-initramfs -u -k all", "Reboot now",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	said, err = gpuCommand(t, dir, "facts", "--memory", "65536")
	if !errors.Is(err, errNothingToList) || !strings.Contains(said, "The slot of number 0 in /etc/dbc/gpus.toml stays out: uuid of 0000:91:00.0 was not measured") {
		t.Errorf("%v\n%s", err, said)
	}
	said, err = gpuCommand(t, dir, "apply") // a tree has no kernel that takes a card
	if err == nil || !strings.Contains(said, "drivers_probe") {
		t.Errorf("%v\n%s", err, said)
	}
	if override, err := os.ReadFile(filepath.Join(dir, "sys/bus/pci/devices/0000:91:00.0/driver_override")); err != nil || !strings.HasPrefix(string(override), "vfio-pci") {
		t.Errorf("%q, %v", override, err)
	}
	said, err = gpuCommand(t, dir, "unbind", "--json")
	var change binding.Change
	if err != nil || json.Unmarshal([]byte(said), &change) != nil || len(change.Removed) != 5 || !change.Reboot {
		t.Errorf("%v in %s", err, said)
	}
	if _, err = gpuCommand(t, dir, "unbind"); !errors.Is(err, binding.ErrNotBound) {
		t.Errorf("%v", err)
	}
	if _, err = gpuCommand(t, dir, "bind", "--slot", "7"); !errors.Is(err, binding.ErrSlot) {
		t.Errorf("%v", err)
	}
}

// What a listing would say, and that it does not fit.
func TestGPUFacts(t *testing.T) {
	t.Parallel()
	for _, code := range listing.Codes {
		if words, ok := outWords[code]; !ok || words(nil) == "" {
			t.Errorf("%s has no words", code)
		}
	}
	dir := hwtest.Build(t, `
@cpu AuthenticAMD 40
@file proc/meminfo MemTotal: 67108864 kB
00:01.1 0604 1022:1483 group=1
  01:00.0 0300 10de:2684 group=2 reset=flr bars=16M,32Gp,32Mp
`)
	smi := filepath.Join(dir, "smi")
	answer := `<nvidia_smi_log><driver_version>580.1</driver_version><gpu id="00000000:01:00.0"><uuid>GPU-0A1b2c3d-4444-5555-6666-777788889999</uuid>` +
		`<fb_memory_usage><total>24564 MiB</total></fb_memory_usage></gpu></nvidia_smi_log>`
	if err := os.WriteFile(smi, []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if said, err := gpuCommand(t, dir, "bind", "--nvidia-smi", smi); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	said, err := gpuCommand(t, dir, "facts")
	if err != nil || !strings.Contains(said, "NVIDIA GeForce RTX 4090") || !strings.Contains(said, "24564") || !strings.Contains(said, "GPU-0a1b2c3d-4444-5555-6666-777788889999") {
		t.Errorf("%v\n%s", err, said)
	}
	said, err = gpuCommand(t, dir, "facts", "--memory", "1048576")
	if !errors.Is(err, errNothingToList) || !strings.Contains(said, "does not fit beside 1048576 MiB") {
		t.Errorf("%v\n%s", err, said)
	}
}

// A bond lists the cards that are kept for VMs, in the order of their numbers; it
// shows what is not listed, and refuses what would give renters no card.
func TestBondWithCards(t *testing.T) {
	t.Parallel()
	const cards = `
@cpu AuthenticAMD 48
00:01.1 0604 1022:1483 group=1
  01:00.0 0300 10de:2684 group=2 reset=flr bars=16M,32Gp,32Mp
00:01.2 0604 1022:1483 group=3
  02:00.0 0300 10de:2684 group=4 reset=flr bars=16M,32Gp,32Mp
00:01.3 0604 1022:1483 group=5
  03:00.0 0300 10de:2684 group=6 reset=flr bars=16M,32Gp,32Mp
`
	dir := hwtest.Build(t, cards)
	if err := os.Mkdir(filepath.Join(dir, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	card := func(bus int, inside string) string {
		return fmt.Sprintf(`<gpu id="00000000:%02x:00.0"><uuid>GPU-0a1b2c3d-4444-5555-6666-77778888%04d</uuid>%s</gpu>`, bus, bus, inside)
	}
	const vram = "<fb_memory_usage><total>24564 MiB</total></fb_memory_usage>"
	smi := filepath.Join(dir, "smi")
	answer := "<nvidia_smi_log><driver_version>580.1</driver_version>" + card(1, vram) + card(2, "") + card(3, vram) + "</nvidia_smi_log>"
	if err := os.WriteFile(smi, []byte("#!/bin/sh\necho '"+answer+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if said, err := gpuCommand(t, dir, "bind", "--nvidia-smi", smi, "--slot", "1", "--slot", "0"); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	home := filepath.Join(t.TempDir(), "mining")
	run := func(args ...string) (string, string, error) {
		cmd, _ := newRootCommand(&settings{})
		var out, words bytes.Buffer
		cmd.SetOut(&out)
		cmd.SetErr(&words)
		cmd.SetArgs(args)
		err := cmd.ExecuteContext(t.Context())
		return out.String(), words.String(), err
	}
	if _, said, err := run("node", "init", "--role", "mining", "--home", home, "--set", "chain_id=dbc-devnet-1", "--set", "public_ip=203.0.113.7",
		"--set", "host_cpus=0", "--set", "host_memory_mib=0", "--set", "data_dir="+t.TempDir()); err != nil {
		t.Fatalf("%v %s", err, said)
	}
	owner := chain.AddressOf(make([]byte, 20))
	bond := func() (machine.Bond, string, error) {
		out, said, err := run("host", "bond", "--print", "--seq", "1", "--price", "100", "--owner", owner, "--node-home", home, "--root", dir)
		if err != nil {
			return machine.Bond{}, said, err
		}
		if !strings.Contains(out, `"kind": "SLOT_KIND_GPU"`) {
			t.Errorf("no name of the slots' kind in\n%s", out)
		}
		path := filepath.Join(t.TempDir(), "bond.json")
		if err := os.WriteFile(path, []byte(out), 0o600); err != nil {
			return machine.Bond{}, said, err
		}
		b, err := readBond(path)
		return b, said, err
	}
	b, said, err := bond()
	if err != nil {
		t.Fatalf("%v %s", err, said)
	}
	want := machine.Slot{Kind: machine.SLOT_KIND_GPU, GpuType: "NVIDIA GeForce RTX 4090", GpuIds: []string{"GPU-0a1b2c3d-4444-5555-6666-777788880001"}, GpuCount: 1, VramMib: 24564}
	if len(b.Facts.Slots) != 1 || !reflect.DeepEqual(b.Facts.Slots[0], want) || len(b.Facts.InventoryHash) != 32 {
		t.Errorf("%+v", b.Facts)
	}
	for _, part := range []string{"NVIDIA GeForce RTX 4090", "Licence: NVIDIA's driver licence", "The slot of number 1 in /etc/dbc/gpus.toml stays out: vram of 0000:02:00.0 was not measured", "1 GPUs that could be passed"} {
		if !strings.Contains(said, part) {
			t.Errorf("no %q in\n%s", part, said)
		}
	}
	if err := machine.VerifySignature(b.MachineId, machine.BondText("dbc-devnet-1", b.MachineId, owner, 1, b.Expiry, b.Facts), b.Signature); err != nil {
		t.Error(err)
	}
	again, _, err := bond()
	if err != nil || !again.Facts.Equal(b.Facts) {
		t.Errorf("%v: the same computer is listed as %+v, then %+v", err, b.Facts, again.Facts)
	}
	// The card is pulled: nothing in the file can be listed.
	if err := os.RemoveAll(filepath.Join(dir, "sys")); err != nil {
		t.Fatal(err)
	}
	if _, said, err := bond(); !errors.Is(err, host.ErrNoCard) || !strings.Contains(said, "number 0 in /etc/dbc/gpus.toml stays out: this computer has no such slot now") {
		t.Errorf("%v\n%s", err, said)
	}
	narrow := hwtest.Build(t, strings.Replace(cards, "AuthenticAMD 48", "AuthenticAMD 36", 1))
	if err := os.CopyFS(filepath.Join(narrow, "etc"), os.DirFS(filepath.Join(dir, "etc"))); err != nil {
		t.Fatal(err)
	}
	dir = narrow
	if _, said, err := bond(); !errors.Is(err, host.ErrWindow) || !strings.Contains(said, "turn off Re-Size BAR") {
		t.Errorf("%v\n%s", err, said)
	}
}
