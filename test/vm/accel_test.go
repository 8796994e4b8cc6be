package vm_test

import (
	"testing"

	"github.com/dbc-network/dbc/vm/libvirt/accel"
)

// TestProbeComesThrough: emulation always runs guests, so the probe must pass.
func TestProbeComesThrough(t *testing.T) {
	if err := accel.Probe(t.Context(), "/usr/bin/qemu-system-x86_64", accel.Software); err != nil {
		t.Error(err)
	}
}
