package helper_test

import (
	"errors"
	"testing"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/vm"
)

// TestFirmwareIsForGood: a node that was taken over can't boot a VM with Secure Boot by
// firmware that starts whatever is on its disk, nor after the helper was started again.
// Disks of before the firmware was recorded go with any.
func TestFirmwareIsForGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	recorded := map[string]vm.Firmware{"secure": vm.SecureBoot, "plain": vm.UEFI, "legacy": vm.BIOS, "before": ""}
	claim := func(name string, f vm.Firmware) error {
		claim := guests.Claim{RentID: rent, Wallet: alice.Address(), Firmware: f}
		return w.client.MakeSystem(t.Context(), folderOf(name), claim, "tiny.qcow2", 10)
	}
	for name, own := range recorded {
		must(t, claim(name, own))
		must(t, w.client.SizeDisk(t.Context(), folderOf(name), "vdb", 2, true))
		must(t, w.client.WriteSeed(t.Context(), folderOf(name), w.seed(rent, name)))
	}
	for range 2 {
		for name, own := range recorded {
			for _, other := range vm.Firmwares() {
				v := w.vm(name)
				v.Firmware = other
				err := w.client.Define(t.Context(), v)
				if same := other == own || own == ""; same && err != nil || !same && !errors.Is(err, vm.ErrBadSpec) {
					t.Errorf("%s: defined by %s: %v", name, other, err)
				}
				if err := claim(name, other); (err == nil) != (other == own || own == "") {
					t.Errorf("%s: made again for %s: %v", name, other, err)
				}
			}
		}
		w.stop()
		w.start()
		w.bind()
	}
}
