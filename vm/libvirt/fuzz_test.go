package libvirt

import (
	"encoding/xml"
	"fmt"
	"testing"

	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
)

// FuzzCapabilities verifies that a user is read from libvirt's answer, or an
// error says why not.
func FuzzCapabilities(f *testing.F) {
	f.Add(`<capabilities><host><secmodel><model>dac</model><baselabel type='kvm'>+64055:+107</baselabel></secmodel></host></capabilities>`)
	f.Add(`<capabilities><guest><arch name='x86_64'><domain type='kvm'/></arch></guest></capabilities>`)
	f.Fuzz(func(t *testing.T, text string) {
		var caps libvirtxml.Caps
		if xml.Unmarshal([]byte(text), &caps) != nil {
			return
		}
		_ = offersKVM(caps)
		if uid, gid, err := emulatorUser(caps); err != nil && (uid != 0 || gid != 0) {
			t.Errorf("%d:%d with %v", uid, gid, err)
		}
	})
}

// FuzzUUID verifies that an accepted UUID has one spelling, which no other
// domain shares.
func FuzzUUID(f *testing.F) {
	f.Add("01234567-89ab-4cde-8f01-23456789abcd")
	f.Add("0123456789ab4cde8f0123456789abcd")
	f.Fuzz(func(t *testing.T, text string) {
		if id, err := parseUUID(vm.UUID(text)); err == nil && string(formatUUID(id)) != text {
			t.Errorf("%q is %q", text, formatUUID(id))
		}
	})
}

// FuzzPassthrough verifies that an address is either passed on unchanged or
// refused.
func FuzzPassthrough(f *testing.F) {
	f.Add("0000:41:00.0")
	f.Add("10001:80:05.0")
	f.Add("0:0:0:0")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := cards(vm.Spec{Devices: []vm.PCIDevice{vm.PCIDevice(text)}})
		if err != nil {
			return
		}
		at := hostdevs(list)[0].SubsysPCI.Source.Address
		if back := fmt.Sprintf("%04x:%02x:%02x.%x", *at.Domain, *at.Bus, *at.Slot, *at.Function); back != text {
			t.Errorf("%q is %s", text, back)
		}
	})
}
