package host

import (
	"slices"
	"strings"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/vm"
)

// biosModes are the firmware in the API's words.
var biosModes = map[vm.Firmware]api.BiosMode{vm.BIOS: api.BiosLegacy, vm.UEFI: api.BiosUEFI, vm.SecureBoot: api.BiosSecureBoot}

// BiosMode returns firmware in the API's words.
func BiosMode(f vm.Firmware) api.BiosMode {
	if f == "" {
		f = vm.BIOS
	}
	return biosModes[f]
}

// ParseBiosMode returns the firmware that a request names, "" for none.
func ParseBiosMode(mode api.BiosMode) (vm.Firmware, error) {
	if mode == "" {
		return "", nil
	}
	for _, f := range vm.Firmwares() {
		if biosModes[f] == mode {
			return f, nil
		}
	}
	return "", refuse(ErrInvalid, "bios_mode", mode, modes(vm.Firmwares()), "leave it out for "+string(api.BiosLegacy))
}

// checkFirmware refuses firmware that this computer does not have, whether the order names
// it or its GPUs or kept disks need it.
func (h *Host) checkFirmware(o Order, f vm.Firmware) error {
	if len(h.cfg.Firmware) == 0 || slices.Contains(h.cfg.Firmware, f) {
		return nil
	}
	remedy := "choose one of them, or another machine"
	if o.Firmware == "" {
		remedy = "the GPUs or kept disks need it; choose another machine, or have this one's host install it"
	}
	return refuse(ErrNotSupported, "bios_mode", BiosMode(f), modes(h.cfg.Firmware), remedy)
}

func modes(list []vm.Firmware) string {
	words := make([]string, len(list))
	for i, f := range list {
		words[i] = string(BiosMode(f))
	}
	return strings.Join(words, ", ")
}
