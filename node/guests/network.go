package guests

import (
	"context"
	"fmt"
	"net"

	"github.com/dbc-network/dbc/node/guests/network"
)

// Ensure makes bridge and rules, of the host's own configuration.
func (l *Local) Ensure(ctx context.Context) error { return l.parts.Net.Ensure(ctx) }

// Connect makes the network's rules exactly these connections', or changes nothing.
func (l *Local) Connect(ctx context.Context, list []Connection) error {
	if len(list) > maxConnections {
		return fmt.Errorf("%w: %w", network.ErrBadBinding, refuse("connections", len(list), fmt.Sprintf("at most %d", maxConnections)))
	}
	bindings := make([]network.Binding, 0, len(list))
	for _, c := range list {
		b, err := l.bind(c)
		if err != nil {
			return fmt.Errorf("%w: %w", network.ErrBadBinding, err)
		}
		bindings = append(bindings, b)
	}
	return l.parts.Net.Apply(ctx, bindings)
}

// bind takes card and address from the record.
func (l *Local) bind(c Connection) (network.Binding, error) {
	if len(c.Ports) > maxPorts {
		return network.Binding{}, refuse("ports", len(c.Ports), fmt.Sprintf("at most %d", maxPorts))
	}
	if most := maxCPUs(l.rules.CPUs); c.CPUs < 0 || c.CPUs > most {
		return network.Binding{}, refuse("cpus", c.CPUs, fmt.Sprintf("0 to the computer's %d", most))
	}
	names := map[string]bool{}
	for _, p := range c.Ports {
		if err := l.checkPort(p); err != nil {
			return network.Binding{}, err
		}
		if names[p.Name] {
			return network.Binding{}, refuse("port name", p.Name, "each once")
		}
		names[p.Name] = true
	}
	r, err := l.recorded(c.Folder)
	if err != nil {
		return network.Binding{}, err
	}
	if r.Holder.Seed == "" {
		return network.Binding{}, refuse("seed", "not written", "a VM whose seed is written")
	}
	mac, err := net.ParseMAC(r.VM.MAC)
	if err != nil {
		return network.Binding{}, fmt.Errorf("read the recorded card of folder %s: %w", c.Folder, err)
	}
	return network.Binding{Owner: c.Folder, Tap: r.VM.Tap, MAC: mac, Addr: r.Holder.Addr, CPUs: c.CPUs, Ports: c.Ports}, nil
}
