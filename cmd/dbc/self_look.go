//go:build linux

package main

import (
	"context"
	"strconv"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/client/verify"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/probe"
)

// look verifies the VM as any renter can, with the key that was made for it.
func (g *selfGuest) look(ctx context.Context, rentID uint64, task api.Task) ([]doctor.Finding, error) {
	c, err := g.s.dial(ctx)
	if err != nil {
		return nil, err
	}
	login, err := client.NewLogin(task)
	if err != nil {
		return nil, err
	}
	order := sshOrder{how: client.SSH{Identities: []string{g.key()}, Batch: true}}
	done, err := verify.VM(ctx, verify.Order{
		ChainID: g.h.Config.ChainID, MachineID: g.h.Key.MachineID(), Renter: g.node.Wallet(), TaskID: task.TaskID, RentID: rentID,
		Task: task, Chain: c, On: g.node,
		Shell: &guestShell{g.s, g.cmd, g.node, login, order},
	})
	if err != nil {
		return nil, err
	}
	return inside(done.Results), nil
}

// inside makes findings of a VM's comparison: what is not as promised, and that it
// could not be compared, which a host has to know as well as a renter. What only a
// driver in the guest could tell is left out.
func inside(results []probe.Result) []doctor.Finding {
	var list []doctor.Finding
	passed := 0
	for _, r := range results {
		level := doctor.Fail
		switch {
		case r.Level == probe.Pass:
			passed++
			continue
		case r.Level == probe.Warn:
			level = doctor.Warn
		case r.Level == probe.Unmeasured && !r.Check.Basic():
			continue
		}
		read := map[string]string{"step": "look", "compared": string(r.Check), "code": string(r.Code)}
		for name, value := range map[string]string{"want": r.Expected, "have": r.Read} {
			if value != "" {
				read[name] = client.Printable(value)
			}
		}
		for name, value := range r.Params {
			read[name] = client.Printable(value)
		}
		list = append(list, doctor.Finding{Check: host.CheckSelfRent, Level: level, Device: r.Device, Read: read})
	}
	if len(list) == 0 {
		list = append(list, doctor.Finding{Check: host.CheckSelfRent, Level: doctor.Pass, Read: map[string]string{"as_promised": strconv.Itoa(passed)}})
	}
	return list
}
