package pci

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Address names a PCI function. The zero value is 0000:00:00.0, a host bridge.
type Address struct {
	// Domain usually has 16 bits; Intel's VMD numbers domains from 0x10000 on.
	Domain   uint32
	Bus      uint8
	Device   uint8
	Function uint8
}

// ParseAddress parses an address as sysfs writes it (0000:01:00.0, 10001:80:05.0) or as
// NVML does (00000000:01:00.0, capitals). The error wraps ErrAddress.
func ParseAddress(text string) (Address, error) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ':' || r == '.' })
	if len(parts) != 4 || len(parts[0]) < 4 || len(parts[0]) > 8 || len(parts[1]) != 2 || len(parts[2]) != 2 || len(parts[3]) != 1 ||
		text != parts[0]+":"+parts[1]+":"+parts[2]+"."+parts[3] {
		return Address{}, fmt.Errorf("%w: %.32q, want the form 0000:01:00.0", ErrAddress, text)
	}
	var numbers [4]uint64
	for i, limit := range [4]uint64{1<<32 - 1, 0xff, 0x1f, 7} {
		n, err := strconv.ParseUint(parts[i], 16, 32)
		if err != nil || n > limit {
			return Address{}, fmt.Errorf("%w: %.32q, want the form 0000:01:00.0", ErrAddress, text)
		}
		numbers[i] = n
	}
	return Address{uint32(numbers[0]), uint8(numbers[1]), uint8(numbers[2]), uint8(numbers[3])}, nil
}

// String returns the address as sysfs writes it.
func (a Address) String() string {
	return fmt.Sprintf("%04x:%02x:%02x.%x", a.Domain, a.Bus, a.Device, a.Function)
}

// Compare orders addresses by their numbers: 10001:… comes after ffff:….
func (a Address) Compare(b Address) int {
	return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Bus, b.Bus), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Function, b.Function))
}

// SameDevice reports whether two functions belong to one device, that is, differ
// only in the function's number.
func (a Address) SameDevice(b Address) bool {
	a.Function, b.Function = 0, 0
	return a == b
}

// MarshalText writes the address as sysfs does.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText parses what ParseAddress does.
func (a *Address) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAddress(string(text))
	return err
}
