package compute

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/dbc-network/dbc/vm"
)

// firmwareDirs are where QEMU's packages and, after them, an administrator describe
// firmware; libvirt chooses a guest's from the same folders.
var firmwareDirs = []string{"/usr/share/qemu/firmware", "/etc/qemu/firmware"}

const (
	// maxDescriptor bounds one description in bytes; they have some hundred.
	maxDescriptor = 1 << 16
	// guestArch and guestMachine are those of the guests, as QEMU names them.
	guestArch, guestMachine = "x86_64", "pc-q35-9.2"
)

// descriptor is what this node reads of a description.
type descriptor struct {
	Interfaces []string `json:"interface-types"`
	Features   []string `json:"features"`
	Targets    []struct {
		Architecture string   `json:"architecture"`
		Machines     []string `json:"machines"`
	} `json:"targets"`
}

// offeredFirmware returns what guests can boot by: BIOS, which is QEMU's own, and what the
// folders describe. A file replaces one of the same name in an earlier folder, an empty
// one hides it. A folder that does not exist describes none.
func offeredFirmware(dirs []string) ([]vm.Firmware, error) {
	files := map[string]string{}
	for _, dir := range dirs {
		found, err := filepath.Glob(filepath.Join(dir, "*.json"))
		if err != nil {
			return nil, fmt.Errorf("look for UEFI firmware: %w", err)
		}
		for _, file := range found {
			files[filepath.Base(file)] = file
		}
	}
	list := []vm.Firmware{vm.BIOS}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Size() == 0 || info.Size() > maxDescriptor {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("look for UEFI firmware: %w", err)
		}
		var d descriptor
		if json.Unmarshal(text, &d) != nil {
			continue
		}
		if kind, ok := d.firmware(); ok {
			list = append(list, kind)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// firmware returns what guests get by a description; ok is false where libvirt would not
// choose it for any of them, as one with Secure Boot but without keys.
func (d descriptor) firmware() (kind vm.Firmware, ok bool) {
	secure, keys := slices.Contains(d.Features, "secure-boot"), slices.Contains(d.Features, "enrolled-keys")
	switch {
	case !slices.Contains(d.Interfaces, "uefi") || !d.forGuests():
		return "", false
	case !secure:
		return vm.UEFI, true
	default:
		return vm.SecureBoot, keys
	}
}

// forGuests reports whether the firmware is for the processor and machine of guests.
func (d descriptor) forGuests() bool {
	for _, t := range d.Targets {
		matches := func(pattern string) bool { ok, err := path.Match(pattern, guestMachine); return ok && err == nil }
		if t.Architecture == guestArch && slices.ContainsFunc(t.Machines, matches) {
			return true
		}
	}
	return false
}
