package host

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/hw/pci"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// listings has one machine.
type listings struct {
	machine machine.Machine
	rentals []rental.Rental
}

func (l *listings) Machine(context.Context, string) (machine.Listing, error) {
	return machine.Listing{Machine: l.machine}, nil
}

func (l *listings) OpenRentals(context.Context, string) (chain.View, error) {
	return chain.View{Rentals: l.rentals}, nil
}

// bonded returns a host and the listing that its bond creates.
func bonded(t *testing.T) (*Host, *listings) {
	t.Helper()
	home := t.TempDir()
	_, err := node.Init(home, conf.RoleMining, map[string]string{
		"chain_id": "dbc-devnet-1", "public_ip": "203.0.113.7", "host_cpus": "0", "host_memory_mib": "0", "data_dir": t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(home)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := h.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bond, err := h.Bond(t.Context(), nil, Terms{Offer: offer, Owner: "dbc1owner", Operator: "dbc1operator", PricePerDay: 1, Seq: 1, Place: Place{Country: "DE"}})
	if err != nil {
		t.Fatal(err)
	}
	return h, &listings{machine: machine.Machine{Id: bond.MachineId, Owner: "dbc1owner", Facts: bond.Facts, BondSeq: 1}}
}

func unplaced(*Place) error { return nil }

// TestMoveWhileRented verifies that only a new address and ports are sent while
// a rental is open, whatever the computer measures meanwhile.
func TestMoveWhileRented(t *testing.T) {
	t.Parallel()
	h, l := bonded(t)
	l.rentals = []rental.Rental{{Id: 1}}
	l.machine.Facts.DataDiskGib++ // as listed by a version that used free space
	l.machine.Facts.CpuMhz, l.machine.Facts.InventoryHash = 1234, make([]byte, 32)
	before := l.machine.Facts
	h.Config.PublicIP = netip.MustParseAddr("198.51.100.9")
	h.Config.PortFirst, h.Config.PortLast = 20000, 21000
	update, err := h.Update(t.Context(), l, "dbc1operator", unplaced)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cpu_mhz", "data_disk_gib"}, update.Left); diff != "" {
		t.Errorf("left as listed: %s", diff)
	}
	got := update.Msg.Facts
	if got.PublicIp != "198.51.100.9" || got.PortFirst != 20000 || got.PortLast != 21000 || got.Equal(before) || !got.SameButAddresses(before) {
		t.Errorf("%v", got)
	}

	l.rentals = nil
	if update, err = h.Update(t.Context(), l, "dbc1operator", unplaced); err != nil || len(update.Left) > 0 {
		t.Fatalf("%v, %v", update.Left, err)
	}
	here, err := compute.Facts(t.Context(), h.Config, h.Key.MachineID())
	if err != nil {
		t.Fatal(err)
	}
	if got := update.Msg.Facts; got.DataDiskGib != here.DataDiskGib || got.CpuMhz != here.CpuMhz || got.Country != "DE" {
		t.Errorf("without rentals: %v", got)
	}
}

// TestUnchanged verifies that an up-to-date listing is not sent again.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	h, l := bonded(t)
	for _, open := range [][]rental.Rental{nil, {{Id: 1}}} {
		l.rentals = open
		if _, err := h.Update(t.Context(), l, "dbc1operator", unplaced); !errors.Is(err, ErrUnchanged) {
			t.Errorf("%d rentals: %v", len(open), err)
		}
	}
	update, err := h.Update(t.Context(), l, "dbc1operator", func(p *Place) error { p.City = "Berlin"; return nil })
	if err != nil || update.Msg.Facts.City != "Berlin" || update.Msg.BondSeq != 2 {
		t.Errorf("%v, %v", update.Msg, err)
	}
}

// TestUpdateCards: cards are listed anew from what the computer has, and those that
// stay out are named, also where a rental keeps them listed.
func TestUpdateCards(t *testing.T) {
	t.Parallel()
	h, l := bonded(t)
	h.Config.CardRoot = hwtest.Build(t, `
@iommu dmar0 47
@cpu GenuineIntel 46
00:01.0 0604 8086:2030 group=1
  01:00.0 0302 10de:26b9 group=2 driver=vfio-pci reset=flr bars=16M,64Gp,32Mp
00:02.0 0604 8086:2031 group=3
  02:00.0 0302 10de:26b9 group=4 driver=vfio-pci reset=flr bars=16M,64Gp,32Mp
`)
	file, _, err := binding.Select(h.Config.CardRoot, []int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	file.Record([]measure.Card{{
		Address: pci.Address{Bus: 1}, ID: pci.ID{Vendor: 0x10de, Device: 0x26b9},
		Facts: measure.Facts{UUID: "GPU-0a1b2c3d-4444-5555-6666-777788889999", VRAMMiB: 46068, MIG: measure.Off, CC: measure.Off},
	}}, binding.File{})
	text, err := file.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(h.Config.CardRoot, binding.Path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, text, 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, open := range [][]rental.Rental{nil, {{Id: 1}}} {
		l.rentals = open
		update, err := h.Update(t.Context(), l, "dbc1operator", unplaced)
		if err != nil {
			t.Fatal(err)
		}
		if len(update.Offer.Out) != 1 || update.Offer.Out[0].Code != listing.CodeUnmeasured || update.Offer.Out[0].Slot != 1 {
			t.Errorf("%d rentals: out %+v", len(open), update.Offer.Out)
		}
		slots := update.Msg.Facts.Slots
		if open == nil && (len(slots) != 1 || slots[0].GpuType != "NVIDIA L40S") || open != nil && slots[0].GpuType != "" {
			t.Errorf("%d rentals: %+v", len(open), slots)
		}
		if open != nil && !slices.Contains(update.Left, "slots") {
			t.Errorf("left %q", update.Left)
		}
	}
}
