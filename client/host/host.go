//go:build linux

// Package host puts a computer on the market: it collects the computer's facts
// and builds the messages that its machine key must sign.
package host

import (
	"context"
	"errors"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// BondValid is long enough to carry a signed bond to the owner's computer.
	BondValid = 24 * time.Hour
	// onlineValid is for a message that is sent immediately.
	onlineValid = 10 * time.Minute
)

// Host is an opened home of a compute node.
type Host struct {
	Config conf.Compute
	Key    key.Key
	// Now returns the time from which expiries are counted. Nil means the
	// system clock.
	Now func() time.Time
}

// Open reads a node's configuration and key.
func Open(home string) (*Host, error) {
	cfg, err := conf.LoadCompute(home)
	if err != nil {
		return nil, err
	}
	k, err := key.Load(cfg.KeyPath())
	if err != nil {
		return nil, err
	}
	return &Host{Config: cfg, Key: k, Now: time.Now}, nil
}

// Terms are the owner's decisions.
type Terms struct {
	Owner, Operator string
	// Payout receives the rent. "" means the owner.
	Payout string
	// PricePerDay is in udbc per slot.
	PricePerDay uint64
	// ExitNoticeSeconds is how long a renter who leaves still pays; 0 means that
	// confirmed rent is not refunded.
	ExitNoticeSeconds uint64
	// Seq must exceed that of the machine's last bond. 0 asks the chain.
	Seq   uint64
	Place Place
	// Offer is what Host.Offer returned and the owner agreed to.
	Offer compute.Offer
}

// Bond returns the machine's registration, signed with its key. The owner can
// send it from anywhere within BondValid.
func (h *Host) Bond(ctx context.Context, c *chain.Client, terms Terms) (machine.Bond, error) {
	facts := terms.Offer.Facts
	if err := terms.Place.Apply(&facts); err != nil {
		return machine.Bond{}, err
	}
	id := h.Key.MachineID()
	var err error
	if terms.Seq == 0 {
		if terms.Seq, err = nextSeq(ctx, c, id); err != nil {
			return machine.Bond{}, err
		}
	}
	if terms.Payout == "" {
		terms.Payout = terms.Owner
	}
	expiry := h.Now().Add(BondValid).Unix()
	text := machine.BondText(h.Config.ChainID, id, terms.Owner, terms.Seq, expiry, facts)
	return machine.Bond{
		MachineId: id, Operator: terms.Operator, Payout: terms.Payout, Facts: facts,
		PricePerDay: terms.PricePerDay, ExitNoticeSeconds: terms.ExitNoticeSeconds, BondSeq: terms.Seq, Expiry: expiry, Signature: h.Key.Sign(text),
	}, nil
}

// Online returns the message that opens the machine for rentals.
func (h *Host) Online(ctx context.Context, c *chain.Client, operator string) (*machine.MsgSetOnline, error) {
	id := h.Key.MachineID()
	listed, err := c.Machine(ctx, id)
	if err != nil {
		return nil, err
	}
	expiry := h.Now().Add(onlineValid).Unix()
	text := machine.OnlineText(h.Config.ChainID, id, listed.Machine.BondSeq, expiry)
	return &machine.MsgSetOnline{Operator: operator, MachineId: id, Expiry: expiry, Signature: h.Key.Sign(text)}, nil
}

func nextSeq(ctx context.Context, c *chain.Client, id string) (uint64, error) {
	listed, err := c.Machine(ctx, id)
	if errors.Is(err, chain.ErrNotFound) {
		return 1, nil
	}
	if err != nil {
		return 0, err
	}
	return listed.Machine.BondSeq + 1, nil
}
