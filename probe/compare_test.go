package probe_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/pci"
	"github.com/dbc-network/dbc/probe"
)

const (
	firstID  = "GPU-00000000-0000-0000-0000-000000000001"
	secondID = "GPU-00000000-0000-0000-0000-000000000002"
)

var (
	l40s      = pci.ID{Vendor: 0x10de, Device: 0x26b9}
	l40sAudio = pci.ID{Vendor: 0x10de, Device: 0x22ba}
	board     = pci.ID{Vendor: 0x10de, Device: 0x1851}
)

// promise is what the guest has.
func promise() probe.Promise {
	slot := probe.PromisedSlot{
		GPUs: []probe.PromisedGPU{{l40s, board, 16, 16000}}, Functions: []pci.ID{l40s, l40sAudio},
	}
	return probe.Promise{
		CPUs: 2, MemoryMiB: 16384, Disks: []probe.PromisedDisk{{"vda", 10}, {"vdb", 100}}, Share: probe.Share{CPUs: 2, MemoryMiB: 16384, GPUs: 2},
		CPUModel: "AMD EPYC 9354 32-Core Processor", GPUs: 2, GPUType: "NVIDIA L40S", VRAMMiB: 46068, IDs: []string{firstID, secondID},
		Slots: []probe.PromisedSlot{slot, slot},
	}
}

// smi is nvidia-smi in the guest, with one card's memory and id to choose.
func smi(vram, id string) string {
	card := func(at, id, vram string) string {
		return `<gpu id="00000000:` + at + `"><product_name>NVIDIA L40S</product_name><uuid>` + id + `</uuid><performance_state>P8</performance_state>
<pci><pci_bus_id>00000000:` + at + `</pci_bus_id><pci_device_id>26B910DE</pci_device_id>
<pci_gpu_link_info><pcie_gen><max_link_gen>4</max_link_gen><current_link_gen>1</current_link_gen></pcie_gen></pci_gpu_link_info></pci>
<fb_memory_usage><total>` + vram + ` MiB</total></fb_memory_usage></gpu>`
	}
	return "#!/bin/sh\ncat <<'END'\n" + `<?xml version="1.0" ?><nvidia_smi_log><driver_version>580.65.06</driver_version>` +
		card("01:00.0", id, vram) + card("02:00.0", secondID, "46068") + "</nvidia_smi_log>\nEND\n"
}

func TestCompare(t *testing.T) {
	t.Parallel()
	idle := []string{"link not_measured IDLE 0000:01:00.0", "link not_measured IDLE 0000:02:00.0"}
	var driverless []string
	for _, at := range []string{"0000:01:00.0", "0000:02:00.0"} {
		for _, check := range []string{"gpu_name", "gpu_id", "vram", "link"} {
			driverless = append(driverless, check+" not_measured NO_DRIVER "+at)
		}
	}
	card := func(from, to string) func(string) string {
		return func(text string) string { return strings.Replace(text, from, to, 1) }
	}
	for name, c := range map[string]struct {
		guest    func(string) string
		promise  func(p *probe.Promise)
		programs map[string]string
		want     []string
		level    probe.Level
	}{
		"all there":      {programs: map[string]string{"nvidia-smi": smi("45776", firstID)}, want: idle, level: probe.Pass},
		"without driver": {want: driverless, level: probe.Pass},
		"driver fails": {
			programs: map[string]string{"nvidia-smi": "#!/bin/sh\necho No devices were found\nexit 6\n"},
			want:     replaced(driverless, "NO_DRIVER", "DRIVER_FAILED"), level: probe.Pass,
		},
		"a card is missing": {
			guest: func(text string) string {
				before, after, _ := strings.Cut(text, "00:03.0")
				return before + after[strings.Index(after, "@file"):]
			},
			want: append([]string{"gpus fail LESS", "pci_ids fail MISSING", "pci_ids fail MISSING"}, driverless[:4]...), level: probe.Fail,
		},
		"no card at all": {
			guest: func(text string) string {
				before, after, _ := strings.Cut(text, "00:02.0")
				return before + after[strings.Index(after, "@file"):]
			},
			want: []string{"gpus fail MISSING"}, level: probe.Fail,
		},
		"another card": { // an L40, sold as an L40S
			guest: card("01:00.0 0302 10de:26b9", "01:00.0 0302 10de:26b5"),
			want: append([]string{
				"gpu_type fail OTHER 0000:01:00.0", "pci_ids fail OTHER 0000:01:00.0", "pci_ids fail MISSING", "link_width not_measured NOT_SAID 0000:01:00.0",
			}, driverless...), level: probe.Fail,
		},
		"another maker's board": {
			guest: card("10de:26b9/10de:1851", "10de:26b9/1043:0001"),
			want: append([]string{
				"pci_ids fail OTHER 0000:01:00.0", "link_width not_measured NOT_SAID 0000:01:00.0",
			}, driverless...), level: probe.Fail,
		},
		"unknown card, no inventory": {
			guest:   card("01:00.0 0302 10de:26b9", "01:00.0 0302 10de:fffe"),
			promise: func(p *probe.Promise) { p.Slots = nil },
			want: append([]string{
				"gpu_type not_measured NOT_SAID 0000:01:00.0", "pci_ids not_measured NOT_SAID",
				"link_width not_measured NOT_SAID 0000:01:00.0", "link_width not_measured NOT_SAID 0000:02:00.0",
			}, driverless...), level: probe.Unmeasured,
		},
		"without its audio": {
			guest: card("  01:00.1 0403 10de:22ba/10de:1851 rev=a1 bars=16K driver=snd_hda_intel\n", ""),
			want:  append([]string{"pci_ids fail MISSING"}, driverless...), level: probe.Fail,
		},
		"a region without room": {
			guest: card("bars=16M,64Gp,32Mp", "bars=16M,64Gp!,32Mp"),
			want:  append([]string{"regions fail UNASSIGNED 0000:01:00.0"}, driverless...), level: probe.Fail,
		},
		"a region that the kernel wiped": {
			guest: card("bars=16M,64Gp,32Mp", "bars=16M,64Gp?,32Mp"),
			want:  append([]string{"regions fail UNASSIGNED 0000:01:00.0"}, driverless...), level: probe.Fail,
		},
		"narrow": {
			guest: card("link=2.5x16/16.0x16", "link=2.5x4/16.0x16"),
			want:  append([]string{"link_width warn LESS 0000:02:00.0"}, driverless...), level: probe.Warn,
		},
		"fewer CPUs, less memory, a smaller disk": {
			guest: func(text string) string {
				return strings.NewReplacer("processor : 1", "x", "16374512", "15500000", "209715200", "209715199").Replace(text)
			},
			want: append([]string{"cpus fail LESS", "memory fail LESS", "disk fail LESS vdb"}, driverless...), level: probe.Fail,
		},
		"memory by its blocks": {
			promise: func(p *probe.Promise) { p.MemoryMiB = 16385 },
			want:    append([]string{"memory fail LESS"}, driverless...), level: probe.Fail,
		},
		"no such disk": {
			guest: card("serial vdb", "serial other"),
			want:  append([]string{"disk fail MISSING vdb"}, driverless...), level: probe.Fail,
		},
		"emulated processor": {
			guest: func(text string) string { return strings.ReplaceAll(text, "AMD EPYC 9354 32-Core", "QEMU TCG") },
			want:  append([]string{"cpu_model warn OTHER"}, driverless...), level: probe.Warn,
		},
		"half of the rental": {
			promise: func(p *probe.Promise) { p.Share = probe.Share{CPUs: 4, MemoryMiB: 32768, GPUs: 4} },
			want:    append([]string{"share warn BELOW_SHARE"}, driverless...), level: probe.Warn,
		},
		"less video memory": {
			programs: map[string]string{"nvidia-smi": smi("43764", firstID)},
			want:     []string{"vram fail LESS 0000:01:00.0", idle[0], idle[1]}, level: probe.Fail,
		},
		"another card of the same type": {
			programs: map[string]string{"nvidia-smi": smi("46068", "GPU-00000000-0000-0000-0000-000000000003")},
			want:     []string{"gpu_id fail OTHER 0000:01:00.0", idle[0], idle[1]}, level: probe.Fail,
		},
		"made-up slots": {
			promise: func(p *probe.Promise) { p.MadeUp = true },
			want:    []string{"gpus pass MADE_UP"}, level: probe.Pass,
		},
		"no GPU promised": {
			promise: func(p *probe.Promise) { p.GPUs, p.Share.GPUs = 0, 0 },
			want:    []string{"gpus pass MORE"}, level: probe.Pass,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, p := guest, promise()
			if c.guest != nil {
				if text = c.guest(guest); text == guest {
					t.Fatal("the guest is the same")
				}
			}
			if c.promise != nil {
				c.promise(&p)
			}
			results, err := probe.Verify(t.Context(), p, said{text: record(t, text, c.programs)})
			if err != nil {
				t.Fatal(err)
			}
			if got := unlike(results); !slices.Equal(got, c.want) {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if level := probe.NewReport(results...).Level; level != c.level {
				t.Errorf("level %s, want %s", level, c.level)
			}
		})
	}
}

func replaced(list []string, from, to string) []string {
	list = slices.Clone(list)
	for i := range list {
		list[i] = strings.Replace(list[i], from, to, 1)
	}
	return list
}
