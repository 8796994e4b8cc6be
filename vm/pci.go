package vm

import (
	"fmt"
	"regexp"
)

// pciPattern is the kernel's notation: a domain has more than four digits only
// if it needs them.
var pciPattern = regexp.MustCompile(`^([0-9a-f]{4}|[1-9a-f][0-9a-f]{4,7}):[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$`)

// PCIAddress is a parsed PCIDevice.
type PCIAddress struct{ Domain, Bus, Device, Function uint }

// Parse parses the device's address. The error wraps ErrBadSpec.
func (d PCIDevice) Parse() (PCIAddress, error) {
	var a PCIAddress
	if !pciPattern.MatchString(string(d)) {
		return a, bad("devices", d, "domain:bus:device.function in hex, as the kernel writes it")
	}
	if _, err := fmt.Sscanf(string(d), "%x:%x:%x.%x", &a.Domain, &a.Bus, &a.Device, &a.Function); err != nil {
		return PCIAddress{}, bad("devices", d, err.Error())
	}
	return a, nil
}

// PCIDevice is the address as the kernel writes it.
func (a PCIAddress) PCIDevice() PCIDevice {
	return PCIDevice(fmt.Sprintf("%04x:%02x:%02x.%x", a.Domain, a.Bus, a.Device, a.Function))
}

// SameDevice reports whether two functions belong to one device.
func (a PCIAddress) SameDevice(b PCIAddress) bool {
	a.Function, b.Function = 0, 0
	return a == b
}

const (
	// maxDevices bounds the number of functions passed to a guest, maxWindow
	// the size of its window in MiB: what 52 address bits allow.
	maxDevices = 64
	maxWindow  = 1 << 32
)

// checkDevices refuses addresses that cannot belong to a card. Only the
// computer itself knows whether the guest may have a device.
func (s Spec) checkDevices() error {
	if len(s.Devices) > maxDevices {
		return bad("devices", len(s.Devices), fmt.Sprintf("at most %d", maxDevices))
	}
	seen := map[PCIDevice]bool{}
	for _, dev := range s.Devices {
		at, err := dev.Parse()
		switch {
		case err != nil:
			return err
		case seen[dev]:
			return bad("devices", dev, "each once")
		case at == PCIAddress{Domain: at.Domain}:
			return bad("devices", dev, "no host bridge")
		}
		seen[dev] = true
	}
	switch {
	case s.WindowMiB < 0 || s.WindowMiB > maxWindow || s.WindowMiB&(s.WindowMiB-1) != 0:
		return bad("window_mib", s.WindowMiB, "a power of two")
	case s.WindowMiB > 0 && len(s.Devices) == 0:
		return bad("window_mib", s.WindowMiB, "0 without devices")
	}
	return nil
}
