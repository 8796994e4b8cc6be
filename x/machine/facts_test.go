package machine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

func facts() machine.Facts {
	return machine.Facts{
		Slots: []machine.Slot{
			{GpuType: "NVIDIA GeForce RTX 4090", GpuIds: []string{"GPU-1"}, GpuCount: 1, VramMib: 24564, PciAddress: "0000:01:00.0"},
			{GpuType: "NVIDIA GeForce RTX 4090", GpuIds: []string{"GPU-2"}, GpuCount: 1, VramMib: 24564, PciAddress: "0000:02:00.0"},
		},
		CpuModel: "AMD EPYC 7402P", CpuCores: 20, CpuMhz: 2800, MemoryMib: 65536, SystemDiskGib: 100, DataDiskGib: 1000,
		UploadMbps: 100, DownloadMbps: 1000, Country: "DE", City: "Frankfurt", LongitudeE4: 86821, LatitudeE4: 501109,
		Operators: []string{"DE-CIX"}, Multiaddrs: []string{"/ip4/192.0.2.1/udp/5011/quic-v1"}, PublicIp: "192.0.2.1",
		PortFirst: 5200, PortLast: 32767, KeepDiskPolicy: "evicted when the disk is full",
	}
}

func TestFactsValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		edit func(*machine.Facts)
		want string // part of the refusal; "" for none
	}{
		{"full", func(*machine.Facts) {}, ""},
		{"without GPUs", func(f *machine.Facts) { f.Slots = make([]machine.Slot, 1) }, ""},
		{"no slots", func(f *machine.Facts) { f.Slots = nil }, "slots 0"},
		{"too many slots", func(f *machine.Facts) { f.Slots = make([]machine.Slot, machine.MaxSlots+1) }, "slots 65"},
		{"slot without GPUs among others", func(f *machine.Facts) { f.Slots[1] = machine.Slot{} }, "gpu_count 0"},
		{"VRAM without GPUs", func(f *machine.Facts) { f.Slots = []machine.Slot{{VramMib: 1}} }, "gpu_count 0"},
		{"count is not that of ids", func(f *machine.Facts) { f.Slots[0].GpuCount = 2 }, "gpu_count 2"},
		{"id twice", func(f *machine.Facts) { f.Slots[1].GpuIds[0] = "GPU-1" }, "gpu_ids GPU-1"},
		{"PCI address twice", func(f *machine.Facts) { f.Slots[1].PciAddress = "0000:01:00.0" }, "0000:01:00.0"},
		{"id empty", func(f *machine.Facts) { f.Slots[1].GpuIds[0] = "" }, "gpu_ids"},
		{"type with a line break", func(f *machine.Facts) { f.Slots[0].GpuType = "a\nb" }, "gpu_type"},
		{"type with a space behind", func(f *machine.Facts) { f.Slots[0].GpuType = "RTX " }, "gpu_type"},
		{"type is not UTF-8", func(f *machine.Facts) { f.Slots[0].GpuType = "\xff" }, "gpu_type"},
		{"no VRAM", func(f *machine.Facts) { f.Slots[0].VramMib = 0 }, "vram_mib 0"},
		{"PCI address", func(f *machine.Facts) { f.Slots[0].PciAddress = "01:00.0" }, "pci_address"},
		{"no CPU", func(f *machine.Facts) { f.CpuCores = 0 }, "cpu_cores 0"},
		{"no memory", func(f *machine.Facts) { f.MemoryMib = 0 }, "memory_mib 0"},
		{"country", func(f *machine.Facts) { f.Country = "Germany" }, "country"},
		{"city too long", func(f *machine.Facts) { f.City = strings.Repeat("x", 65) }, "city"},
		{"longitude", func(f *machine.Facts) { f.LongitudeE4 = 1_800_001 }, "longitude_e4"},
		{"latitude", func(f *machine.Facts) { f.LatitudeE4 = -900_001 }, "latitude_e4"},
		{"operators", func(f *machine.Facts) { f.Operators = make([]string, 9) }, "operators 9"},
		{"multiaddrs", func(f *machine.Facts) { f.Multiaddrs = make([]string, 17) }, "multiaddrs 17"},
		{"multiaddr", func(f *machine.Facts) { f.Multiaddrs = []string{"192.0.2.1"} }, "multiaddrs 192.0.2.1"},
		{"public address", func(f *machine.Facts) { f.PublicIp = "example.org" }, "public_ip"},
		{"ports reversed", func(f *machine.Facts) { f.PortFirst = 40000 }, "port_first 40000"},
		{"public address with a zone", func(f *machine.Facts) { f.PublicIp = "fe80::1%\u202e" + strings.Repeat("x", 1<<10) }, "public_ip"},
		{"public address in another form", func(f *machine.Facts) { f.PublicIp = "2001:DB8::0:1" }, "public_ip"},
		{"names in letters", func(f *machine.Facts) {
			f.City, f.Operators = "Köln", []string{"中国电信", "NTTコミュニケーションズ", "케이티"}
		}, ""},
		{"city that turns the writing", func(f *machine.Facts) { f.City = "Berlin\u202enilreB" }, "city"},
		{"operator that is invisible", func(f *machine.Facts) { f.Operators = []string{"a\u200bb"} }, "operators"},
		{"city with a mark on its letter", func(f *machine.Facts) { f.City = "Ko\u0308ln" }, "city"},
		{"city that is not UTF-8", func(f *machine.Facts) { f.City = "K\xf6ln" }, "city"},
		{"policy with a tab", func(f *machine.Facts) { f.KeepDiskPolicy = "a\tb" }, "keep_disk_policy"},
		{"type in letters", func(f *machine.Facts) { f.Slots[0].GpuType = "RТX" }, "gpu_type"},
		{"multiaddr in letters", func(f *machine.Facts) { f.Multiaddrs = []string{"/dns4/köln"} }, "multiaddrs"},
		{"privileged ports", func(f *machine.Facts) { f.PortFirst = 22 }, "port_first 22"},
		{"policy too long", func(f *machine.Facts) { f.KeepDiskPolicy = strings.Repeat("x", 257) }, "keep_disk_policy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := facts()
			c.edit(&f)
			err := f.Validate()
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, machine.ErrInvalidFacts)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestSameButAddresses(t *testing.T) {
	t.Parallel()
	moved := facts()
	moved.PublicIp, moved.Multiaddrs = "192.0.2.2", nil
	require.True(t, facts().SameButAddresses(moved))
	require.False(t, facts().Equal(moved))
	moved.CpuCores++
	require.False(t, facts().SameButAddresses(moved))
}

func TestParamsValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		edit func(*machine.Params)
		want string
	}{
		{"defaults", func(*machine.Params) {}, ""},
		{"no stake", func(p *machine.Params) { p.StakeBase = 0 }, "stake_base 0"},
		{"stake over 64 bits", func(p *machine.Params) { p.StakePerSlot = machine.MaxStakeParam + 1 }, "stake_per_slot"},
		{"free challenges", func(p *machine.Params) { p.ChallengeDeposit = 0 }, "challenge_deposit 0"},
		{"no time to answer", func(p *machine.Params) { p.AnswerWindow = 0 }, "answer_window 0s"},
		{"negative notice", func(p *machine.Params) { p.DrainNotice = -1 }, "drain_notice"},
		{"endless cooldown", func(p *machine.Params) { p.GpuCooldown = 11 * 365 * 24 * time.Hour }, "gpu_cooldown"},
		{"every gap a halt", func(p *machine.Params) { p.MaxBlockGap = 0 }, "max_block_gap"},
		{"stake leaves before a challenge is over", func(p *machine.Params) { p.UnbondingTime = time.Minute }, "unbonding_time 1m0s"},
		{"nothing per block", func(p *machine.Params) { p.MaxDuePerBlock = 0 }, "max_due_per_block 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := machine.DefaultParams()
			c.edit(&p)
			err := p.Validate()
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, machine.ErrInvalidParams)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// FuzzFacts: whatever bytes a bond carries, checking them neither panics nor
// takes what would be marshalled differently by another node.
func FuzzFacts(f *testing.F) {
	good := facts()
	bz, err := good.Marshal()
	require.NoError(f, err)
	f.Add(bz)
	f.Fuzz(func(t *testing.T, bz []byte) {
		var facts machine.Facts
		if facts.Unmarshal(bz) != nil || facts.Validate() != nil {
			return
		}
		again, err := facts.Marshal()
		require.NoError(t, err)
		var read machine.Facts
		require.NoError(t, read.Unmarshal(again))
		require.Equal(t, machine.FactsHash(facts), machine.FactsHash(read))
	})
}
