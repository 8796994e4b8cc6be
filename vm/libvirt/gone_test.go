package libvirt

import (
	"os"
	"path/filepath"
	"testing"

	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
)

// TestAGoneDeviceKeepsNoVM verifies that a VM that is off can be undefined and
// deleted after KVM's module was unloaded.
func TestAGoneDeviceKeepsNoVM(t *testing.T) {
	t.Parallel()
	own := func(vm.Spec) (int, error) { return 1879048199, nil }
	d := &Driver{gid: 64055, lets: true, config: Config{User: own, Device: filepath.Join(t.TempDir(), "kvm")}}
	domain := &libvirtxml.Domain{SecLabel: []libvirtxml.DomainSecLabel{{Model: dac, Label: "+1879048199:+64055"}}, Devices: &libvirtxml.DomainDeviceList{}}
	if _, err := os.Stat(d.device()); err == nil {
		t.Fatal("it is there")
	}
	if err := d.disown(domain); err != nil {
		t.Error(err)
	}
}
