package helper

import (
	"context"
	"fmt"

	"github.com/dbc-network/dbc/node/helper/record"
	"github.com/dbc-network/dbc/node/helper/steps"
	"github.com/dbc-network/dbc/node/network"
)

// networkSteps is Network's service.
type networkSteps struct {
	steps.UnsafeNetworkServer // a call that is not written does not compile
	s                         *Server
}

// Ensure makes bridge and rules, of the host's own configuration.
func (n networkSteps) Ensure(ctx context.Context, _ *steps.EnsureRequest) (*steps.Done, error) {
	b, err := n.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	return &steps.Done{}, b.Net.Ensure(ctx)
}

// Apply makes the rules exactly these bindings', or changes nothing.
func (n networkSteps) Apply(ctx context.Context, req *steps.ApplyRequest) (*steps.Done, error) {
	bindings, err := n.s.readBindings(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", network.ErrBadBinding, err)
	}
	b, err := n.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.checkBindings(bindings); err != nil {
		return nil, fmt.Errorf("%w: %w", network.ErrBadBinding, err)
	}
	return &steps.Done{}, b.Net.Apply(ctx, bindings)
}

// checkBindings refuses a card or address that is not recorded together.
func (b *bound) checkBindings(bindings []network.Binding) error {
	cards := map[string]record.Record{}
	for _, r := range b.records.All() {
		cards[b.identity(r.Holder).Tap] = r
	}
	for _, one := range bindings {
		r, known := cards[one.Tap]
		switch {
		case !known || r.Removing:
			return refuse("tap", one.Tap, "the card of a VM in the helper's record")
		case one.MAC.String() != b.identity(r.Holder).MAC.String():
			return refuse("mac", one.MAC, "the card's own")
		case one.Addr != r.Holder.Addr:
			return refuse("addr", one.Addr, "that of the VM's seed")
		}
	}
	return nil
}

func (s *Server) readBindings(req *steps.ApplyRequest) ([]network.Binding, error) {
	if len(req.GetBindings()) > maxBindings {
		return nil, refuse("bindings", len(req.GetBindings()), fmt.Sprintf("at most %d", maxBindings))
	}
	list := make([]network.Binding, 0, len(req.GetBindings()))
	for _, b := range req.GetBindings() {
		mac, addr, err := s.checkCard(b.GetCard())
		if err != nil {
			return nil, err
		}
		if len(b.GetPorts()) > maxPorts {
			return nil, refuse("ports", len(b.GetPorts()), fmt.Sprintf("at most %d", maxPorts))
		}
		if s.config.CPUs > 0 && int64(b.GetCpus()) > int64(s.config.CPUs) {
			return nil, refuse("cpus", b.GetCpus(), fmt.Sprintf("at most the computer's %d", s.config.CPUs))
		}
		binding := network.Binding{Tap: b.GetCard().GetTap(), MAC: mac, Addr: addr, CPUs: int(min(b.GetCpus(), 1<<16))}
		for _, p := range b.GetPorts() {
			if err := s.checkPort(p); err != nil {
				return nil, err
			}
			binding.Ports = append(binding.Ports, network.Port{Protocol: p.GetProtocol(), Host: uint16(p.GetHost()), Guest: uint16(p.GetGuest())})
		}
		list = append(list, binding)
	}
	return list, nil
}
