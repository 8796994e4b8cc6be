package vm

import (
	"fmt"
	"slices"
)

// Firmware is what a guest boots by.
type Firmware string

// The kinds of firmware. The zero value is BIOS too.
const (
	BIOS Firmware = "bios"
	// UEFI is without Secure Boot.
	UEFI Firmware = "uefi"
	// SecureBoot is UEFI that starts only what the usual vendors' keys have signed.
	SecureBoot Firmware = "uefi_secure_boot"
)

// Firmwares returns all of them.
func Firmwares() []Firmware { return []Firmware{BIOS, UEFI, SecureBoot} }

// IsUEFI reports whether it is UEFI, which keeps variables in a file of the guest's own.
func (f Firmware) IsUEFI() bool { return f == UEFI || f == SecureBoot }

// Validate returns ErrBadSpec for what is no firmware.
func (f Firmware) Validate() error {
	if f != "" && !slices.Contains(Firmwares(), f) {
		return bad("firmware", f, fmt.Sprint(Firmwares()))
	}
	return nil
}

// checkFirmware: variables go with UEFI, and cards need it.
func (s Spec) checkFirmware() error {
	if err := s.Firmware.Validate(); err != nil {
		return err
	}
	switch uefi := s.Firmware.IsUEFI(); {
	case !uefi && s.NVRAM != "":
		return bad("nvram", s.NVRAM, "none for a guest that boots by BIOS")
	case uefi && s.NVRAM == "":
		return bad("nvram", s.NVRAM, "a file for a guest that boots by UEFI")
	case !uefi && len(s.Slots)+len(s.Devices) > 0:
		return bad("firmware", s.Firmware, "UEFI for a guest with cards: choose an image that boots by it")
	}
	return nil
}
