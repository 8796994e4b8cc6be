package names

import (
	"strings"
	"testing"
)

var bound = Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: strings.Repeat("ab", 32)}

func TestNamesAreBound(t *testing.T) {
	t.Parallel()
	const task = "3mJr7AoUXx2Wqd4yHw9kPz"
	a, b := bound.VM(7, task), bound.VM(7, task)
	if a.UUID != b.UUID || a.Domain != b.Domain || a.Tap != b.Tap || a.MAC.String() != b.MAC.String() || a.Hostname != b.Hostname {
		t.Error("twice is not the same")
	}
	for name, other := range map[string]VM{
		"another chain's":   Binding{ChainID: "dbc-devnet-2", GenesisHash: bound.GenesisHash, MachineID: bound.MachineID}.VM(7, task),
		"another genesis's": Binding{ChainID: bound.ChainID, GenesisHash: "bb", MachineID: bound.MachineID}.VM(7, task),
		"another machine's": Binding{ChainID: bound.ChainID, GenesisHash: bound.GenesisHash, MachineID: "cc"}.VM(7, task),
		"another rental's":  bound.VM(8, task),
		"another task's":    bound.VM(7, "3mJr7AoUXx2Wqd4yHw9kPa"),
	} {
		if a.UUID == other.UUID || a.Domain == other.Domain || a.Tap == other.Tap || a.MAC.String() == other.MAC.String() {
			t.Errorf("%s VM has the same name", name)
		}
	}
	if id, ok := bound.Rental(a.Domain); !ok || id != 7 {
		t.Errorf("%s: %d, %v", a.Domain, id, ok)
	}
	if _, ok := bound.Rental(Binding{ChainID: "dbc-devnet-2"}.VM(7, task).Domain); ok {
		t.Error("another chain's domain counts as ours")
	}
	if len(a.Tap) > 15 || len(bound.Bridge()) > 15 {
		t.Error("too long for a link")
	}
}

// FuzzDomainName: another's domain is never taken for one of a rental.
func FuzzDomainName(f *testing.F) {
	b := bound
	f.Add(b.DomainPrefix() + "7-x")
	f.Add("debian12")
	f.Fuzz(func(t *testing.T, name string) {
		if id, ok := b.Rental(name); ok && !strings.HasPrefix(name, b.DomainPrefix()) {
			t.Errorf("%q is of rental %d", name, id)
		}
	})
}
