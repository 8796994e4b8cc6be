package pci

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"strconv"
	"strings"
)

// idsVersion is the version of pci.ids.gz.
const idsVersion = "2026.10.24"

// Version returns the version of the names, as numbered by the PCI ID Project.
func Version() string { return idsVersion }

// packed is pci.ids without the names of subsystems, under the 3-clause BSD
// License that its header names. To update it, take Debian's package pci.ids:
//
//	grep -v -P '^\t\t' /usr/share/misc/pci.ids | grep -v -P '^#\s*$' | gzip -9n >pci.ids.gz
//
//go:embed pci.ids.gz
var packed []byte

// Names are the PCI ID Project's names of some vendors and devices.
type Names struct {
	vendors map[uint16]string
	devices map[ID]string
}

// Vendor returns a vendor's name, "" if it has none.
func (n Names) Vendor(id ID) string { return n.vendors[id.Vendor] }

// Device returns a device's name, "" if it has none.
func (n Names) Device(id ID) string { return n.devices[id] }

// Lookup returns the names of some ids. It does not keep the others: there are
// 20,000, and a node looks up a few, once.
func Lookup(ids ...ID) (Names, error) {
	wanted, vendors := map[ID]bool{}, map[uint16]bool{}
	for _, id := range ids {
		wanted[id], vendors[id.Vendor] = true, true
	}
	names := Names{map[uint16]string{}, map[ID]string{}}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return names, err
	}
	lines := bufio.NewScanner(unpacked)
	var vendor uint16
	var read bool
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "C ") {
			break // device classes follow
		}
		text, device := strings.CutPrefix(line, "\t")
		id, name, ok := strings.Cut(text, "  ")
		n, err := strconv.ParseUint(id, 16, 16)
		switch {
		case !ok || err != nil:
		case !device:
			vendor, read = uint16(n), vendors[uint16(n)]
			if read {
				names.vendors[vendor] = name
			}
		case read && wanted[ID{vendor, uint16(n)}]:
			names.devices[ID{vendor, uint16(n)}] = name
		}
	}
	return names, lines.Err()
}
