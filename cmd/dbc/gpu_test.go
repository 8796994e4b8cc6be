package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/node/listing"
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

// A host sees what was written, what stays out and that a reboot is due, and the
// boot unit's command says of each function what became of it.
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
		"Slot 0: 0000:91:00.0 (10de:26b9)", "46068 MiB; not measured: uuid, vbios, power_limit, ecc, mig, cc", "/nonexistent", "Not bound: 0000:", "Wrote /etc/dbc/gpus.toml", "Wrote /etc/systemd/system/dbc-gpu-bind.service",
		"To run: systemctl daemon-reload && update-initramfs -u -k all", "Reboot now",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	said, err = gpuCommand(t, dir, "facts", "--memory", "65536")
	if !errors.Is(err, errNothingToList) || !strings.Contains(said, "Slot 0 of /etc/dbc/gpus.toml stays out: uuid of 0000:91:00.0 was not measured") {
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
	if err != nil || !strings.Contains(said, "NVIDIA GeForce RTX 4090") || !strings.Contains(said, "24564") || !strings.Contains(said, "[GPU-0a1b2c3d-4444-5555-6666-777788889999]") {
		t.Errorf("%v\n%s", err, said)
	}
	said, err = gpuCommand(t, dir, "facts", "--memory", "1048576")
	if !errors.Is(err, errNothingToList) || !strings.Contains(said, "does not fit beside 1048576 MiB") {
		t.Errorf("%v\n%s", err, said)
	}
}
