package journal

import (
	"fmt"
	"net/netip"
	"slices"
)

// PortSSH is the name of the port by which the renter logs in.
const PortSSH = "ssh"

// Port is a published port of the host that leads to the task's VM. Its place in a list
// means nothing.
type Port struct {
	// Name is the port's among those of its task.
	Name string `json:"name,omitempty"`
	// Protocol is "tcp" or "udp".
	Protocol    string `json:"protocol"`
	Host, Guest uint16
	// Sources may connect to it; none means everybody.
	Sources []netip.Prefix `json:"sources,omitempty"`
}

// Equal reports whether two ports are the same in all.
func (p Port) Equal(q Port) bool {
	sources := slices.Equal(p.Sources, q.Sources)
	return p.Name == q.Name && p.Protocol == q.Protocol && p.Host == q.Host && p.Guest == q.Guest && sources
}

// SameDoor reports whether two ports are the same one of the host.
func (p Port) SameDoor(q Port) bool { return p.Protocol == q.Protocol && p.Host == q.Host }

// FindPort returns the index of the port with a name, or -1.
func FindPort(ports []Port, name string) int {
	return slices.IndexFunc(ports, func(p Port) bool { return p.Name == name })
}

// NamePorts names those that have no name after protocol and port of the guest.
func NamePorts(ports []Port) {
	for i, p := range ports {
		if p.Name != "" {
			continue
		}
		base := fmt.Sprintf("%s-%d", p.Protocol, p.Guest)
		name := base
		for n := 2; FindPort(ports, name) >= 0; n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		ports[i].Name = name
	}
}

// nameOld names the ports of a task that was written by a build whose ports had no names,
// and whose first one was SSH's.
func nameOld(ports []Port) {
	if len(ports) > 0 && !slices.ContainsFunc(ports, func(p Port) bool { return p.Name != "" }) {
		ports[0].Name = PortSSH
	}
	NamePorts(ports)
}
