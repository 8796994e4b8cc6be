package machine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"

	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/x/machine"
)

func facts() machine.Facts {
	return machine.Facts{
		Slots: []machine.Slot{
			{Kind: machine.SLOT_KIND_GPU, GpuType: "NVIDIA GeForce RTX 4090", GpuIds: []string{"GPU-1"}, GpuCount: 1, VramMib: 24564},
			{Kind: machine.SLOT_KIND_GPU, GpuType: "NVIDIA GeForce RTX 4090", GpuIds: []string{"GPU-2"}, GpuCount: 1, VramMib: 24564},
		},
		CpuModel: "AMD EPYC 7402P", CpuCores: 20, CpuMhz: 2800, MemoryMib: 65536, SystemDiskGib: 100, DataDiskGib: 1000,
		UploadMbps: 100, DownloadMbps: 1000, Country: "DE", City: "Frankfurt", LongitudeE4: 86821, LatitudeE4: 501109,
		Operators: []string{"DE-CIX"}, Multiaddrs: []string{"/ip4/192.0.2.1/udp/5011/quic-v1"}, PublicIp: "192.0.2.1",
		PortFirst: 5200, PortLast: 32767, KeepDiskPolicy: machine.KEEP_DISK_POLICY_EVICT,
		Features: []machine.Feature{machine.FEATURE_UEFI, 60_000}, Delivery: machine.DELIVERY_VM,
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
		{"without GPUs", func(f *machine.Facts) { f.Slots = []machine.Slot{{Kind: machine.SLOT_KIND_NONE}} }, ""},
		{"no slots", func(f *machine.Facts) { f.Slots = nil }, "slots 0"},
		{"too many slots", func(f *machine.Facts) { f.Slots = make([]machine.Slot, machine.MaxSlots+1) }, "slots 65"},
		{"slot without GPUs among others", func(f *machine.Facts) { f.Slots[1] = machine.Slot{Kind: machine.SLOT_KIND_NONE} }, "slots.kind SLOT_KIND_NONE"},
		{"two slots without GPUs", func(f *machine.Facts) {
			f.Slots = []machine.Slot{{Kind: machine.SLOT_KIND_NONE}, {Kind: machine.SLOT_KIND_NONE}}
		}, "slots 2"},
		{"VRAM without GPUs", func(f *machine.Facts) { f.Slots = []machine.Slot{{Kind: machine.SLOT_KIND_NONE, VramMib: 1}} }, "a single slot, empty"},
		{"GPUs of kind NONE", func(f *machine.Facts) { f.Slots = f.Slots[:1]; f.Slots[0].Kind = machine.SLOT_KIND_NONE }, "a single slot, empty"},
		{"GPU slot without GPUs", func(f *machine.Facts) { f.Slots = []machine.Slot{{Kind: machine.SLOT_KIND_GPU}} }, "gpu_count 0"},
		{"made-up GPUs", func(f *machine.Facts) {
			f.Slots[0].Kind, f.Slots[1].Kind = machine.SLOT_KIND_TEST, machine.SLOT_KIND_TEST
		}, ""},
		{"made-up GPU among others", func(f *machine.Facts) { f.Slots[1].Kind = machine.SLOT_KIND_TEST }, "slots.kind SLOT_KIND_TEST"},
		{"another type in a slot", func(f *machine.Facts) { f.Slots[1].GpuType = "NVIDIA GeForce RTX 3090" }, "slots.gpu_type NVIDIA GeForce RTX 3090"},
		{"more GPUs in a slot", func(f *machine.Facts) {
			f.Slots[1].GpuCount, f.Slots[1].GpuIds = 2, []string{"GPU-2", "GPU-3"}
		}, "slots.gpu_count 2"},
		{"less VRAM in a slot", func(f *machine.Facts) { f.Slots[1].VramMib = 12288 }, "slots.vram_mib 12288"},
		{"no kind", func(f *machine.Facts) { f.Slots[0].Kind = 0 }, "slots.kind SLOT_KIND_UNSPECIFIED"},
		{"unknown kind", func(f *machine.Facts) { f.Slots[0].Kind = 4 }, "slots.kind 4"},
		{"count is not that of ids", func(f *machine.Facts) { f.Slots[0].GpuCount = 2 }, "gpu_count 2"},
		{"id twice", func(f *machine.Facts) { f.Slots[1].GpuIds[0] = "GPU-1" }, "gpu_ids GPU-1"},
		{"id empty", func(f *machine.Facts) { f.Slots[1].GpuIds[0] = "" }, "gpu_ids"},
		{"type with a line break", func(f *machine.Facts) { f.Slots[0].GpuType = "a\nb" }, "gpu_type"},
		{"type with a space behind", func(f *machine.Facts) { f.Slots[0].GpuType = "RTX " }, "gpu_type"},
		{"type is not UTF-8", func(f *machine.Facts) { f.Slots[0].GpuType = "\xff" }, "gpu_type"},
		{"no VRAM", func(f *machine.Facts) { f.Slots[0].VramMib = 0 }, "vram_mib 0"},
		{"inventory hash", func(f *machine.Facts) { f.InventoryHash = make([]byte, 31) }, "inventory_hash"},
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
		{"no policy", func(f *machine.Facts) { f.KeepDiskPolicy = 0 }, "keep_disk_policy KEEP_DISK_POLICY_UNSPECIFIED"},
		{"unknown policy", func(f *machine.Facts) { f.KeepDiskPolicy = 3 }, "keep_disk_policy 3"},
		{"an inventory's hash", func(f *machine.Facts) { f.InventoryHash = make([]byte, 32) }, ""},
		{"no features", func(f *machine.Facts) { f.Features = nil }, ""},
		{"features of a later version", func(f *machine.Facts) { f.Features = []machine.Feature{2, 3, 65_535} }, ""},
		{"feature 0", func(f *machine.Facts) { f.Features = []machine.Feature{0} }, "features 0"},
		{"negative feature", func(f *machine.Facts) { f.Features = []machine.Feature{-1} }, "features -1"},
		{"feature too high", func(f *machine.Facts) { f.Features = []machine.Feature{65_536} }, "features 65536"},
		{"feature twice", func(f *machine.Facts) { f.Features = []machine.Feature{1, 1} }, "features 1"},
		{"features in no order", func(f *machine.Facts) { f.Features = []machine.Feature{2, 1} }, "features 1"},
		{"too many features", func(f *machine.Facts) { f.Features = make([]machine.Feature, 65) }, "features 65"},
		{"no delivery", func(f *machine.Facts) { f.Delivery = 0 }, "delivery 0"},
		{"delivery of a later version", func(f *machine.Facts) { f.Delivery = 65_535 }, ""},
		{"delivery too high", func(f *machine.Facts) { f.Delivery = 65_536 }, "delivery 65536"},
		{"type in letters", func(f *machine.Facts) { f.Slots[0].GpuType = "RТX" }, "gpu_type"},
		{"multiaddr in letters", func(f *machine.Facts) { f.Multiaddrs = []string{"/dns4/köln"} }, "multiaddrs"},
		{"privileged ports", func(f *machine.Facts) { f.PortFirst = 22 }, "port_first 22"},
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

// TestFactsKeepUnknownNumbers: this version neither loses nor changes numbers
// that a later version defines, in protobuf or in JSON.
func TestFactsKeepUnknownNumbers(t *testing.T) {
	t.Parallel()
	f := facts()
	f.Features, f.Delivery = []machine.Feature{machine.FEATURE_UEFI, 40_000}, 300
	bytes, err := f.Marshal()
	require.NoError(t, err)
	var again machine.Facts
	require.NoError(t, again.Unmarshal(bytes))
	require.Equal(t, f, again)

	json := codec.NewProtoCodec(codectypes.NewInterfaceRegistry())
	text, err := json.MarshalJSON(&f)
	require.NoError(t, err)
	require.Contains(t, string(text), `"features":["FEATURE_UEFI",40000],"delivery":300`)
	again = machine.Facts{}
	require.NoError(t, json.UnmarshalJSON(text, &again))
	require.Equal(t, f, again)

	for text, want := range map[string]machine.Feature{
		"uefi": 1, "FEATURE_UEFI": 1, "1": 1, "40000": 40_000, "65535": 65_535,
		"": 0, "0": 0, "unspecified": 0, "65536": 0, "-1": 0, "uefi ": 0, "0x1": 0,
	} {
		got, ok := machine.ParseFeature(text)
		require.Equal(t, want, got, text)
		require.Equal(t, want != 0, ok, text)
	}
	delivery, ok := machine.ParseDelivery("vm")
	require.True(t, ok && delivery == machine.DELIVERY_VM)
	kind, ok := machine.ParseSlotKind("none")
	require.True(t, ok && kind == machine.SLOT_KIND_NONE)
	policy, ok := machine.ParseKeepDiskPolicy("KEEP_DISK_POLICY_EVICT")
	require.True(t, ok && policy == machine.KEEP_DISK_POLICY_EVICT)
	_, ok = machine.ParseSlotKind("3")
	require.False(t, ok, "what programs know by name they name")
	require.Equal(t, "uefi 40000", f.Features[0].Word()+" "+f.Features[1].Word())
	require.Equal(t, "vm 300", machine.DELIVERY_VM.Word()+" "+f.Delivery.Word())
	require.Equal(t, "test evict", machine.SLOT_KIND_TEST.Word()+" "+f.KeepDiskPolicy.Word())
}

func TestFactsAllowedOn(t *testing.T) {
	t.Parallel()
	for kind, main := range map[machine.SlotKind]bool{machine.SLOT_KIND_GPU: true, machine.SLOT_KIND_NONE: true, machine.SLOT_KIND_TEST: false} {
		f := machine.Facts{Slots: []machine.Slot{{Kind: kind}}}
		for chainID, test := range map[string]bool{
			"dbc-devnet-1": true, "dbc-testnet-12": true, "dbc-1": false, "dbc-devnet-": false, "dbc-devnet-1x": false, "x-dbc-testnet-1": false, "": false,
		} {
			require.Equal(t, test, chainid.Test(chainID), chainID)
			if err := f.AllowedOn(chainID); test || main {
				require.NoError(t, err, "%s on %s", kind, chainID)
			} else {
				require.ErrorIs(t, err, machine.ErrInvalidFacts)
				require.ErrorContains(t, err, "slots.kind SLOT_KIND_TEST")
			}
		}
	}
}

func TestSameButAddresses(t *testing.T) {
	t.Parallel()
	moved := facts()
	moved.PublicIp, moved.Multiaddrs, moved.InventoryHash = "192.0.2.2", nil, make([]byte, 32)
	moved.PortFirst, moved.PortLast = moved.PortFirst+1, moved.PortLast-1
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
// accepts what another node would marshal differently.
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
