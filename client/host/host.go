// Package host puts a computer on the market: it reads what the computer has
// and makes the messages that its machine key must sign.
package host

import (
	"context"
	"errors"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// BondValid is long enough to carry a signed bond to the owner's computer.
	BondValid = 24 * time.Hour
	// onlineValid is for a message that is sent at once.
	onlineValid = 10 * time.Minute
)

// Host is a compute node's home, opened.
type Host struct {
	Config node.Config
	Key    key.Key
	// Now is the clock that expiries are counted from; nil is the system's.
	Now func() time.Time
}

// Open reads a node's configuration and key.
func Open(home string) (*Host, error) {
	cfg, err := node.LoadConfig(home)
	if err != nil {
		return nil, err
	}
	k, err := key.Load(cfg.KeyPath())
	if err != nil {
		return nil, err
	}
	return &Host{Config: cfg, Key: k, Now: time.Now}, nil
}

// Facts is what renters get of this computer.
func (h *Host) Facts(ctx context.Context) (machine.Facts, error) {
	return node.Facts(ctx, h.Config, h.Key.MachineID())
}

// Terms are what the owner decides.
type Terms struct {
	Owner, Operator string
	// Payout gets the rent; "" is the owner.
	Payout string
	// PricePerDay in udbc for each slot.
	PricePerDay uint64
	// Seq must be above that of the machine's last bond; 0 asks the chain.
	Seq   uint64
	Place Place
}

// Bond is the machine's registration, signed by its key. The owner can send
// it from anywhere within BondValid.
func (h *Host) Bond(ctx context.Context, c *chain.Client, terms Terms) (machine.Bond, error) {
	facts, err := h.Facts(ctx)
	if err != nil {
		return machine.Bond{}, err
	}
	if err := terms.Place.Apply(&facts); err != nil {
		return machine.Bond{}, err
	}
	id := h.Key.MachineID()
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
		PricePerDay: terms.PricePerDay, BondSeq: terms.Seq, Expiry: expiry, Signature: h.Key.Sign(text),
	}, nil
}

// Update is the message that changes the machine's listing to what the computer
// now has and to the listed place, as change leaves it.
func (h *Host) Update(ctx context.Context, c *chain.Client, operator string, change func(*Place) error) (*machine.MsgUpdateFacts, error) {
	id := h.Key.MachineID()
	listed, err := c.Machine(ctx, id)
	if err != nil {
		return nil, err
	}
	place := PlaceOf(listed.Machine.Facts)
	if err := change(&place); err != nil {
		return nil, err
	}
	facts, err := h.Facts(ctx)
	if err != nil {
		return nil, err
	}
	if err := place.Apply(&facts); err != nil {
		return nil, err
	}
	seq, expiry := listed.Machine.BondSeq+1, h.Now().Add(onlineValid).Unix()
	text := machine.BondText(h.Config.ChainID, id, listed.Machine.Owner, seq, expiry, facts)
	return &machine.MsgUpdateFacts{
		Operator: operator, MachineId: id, Facts: facts, BondSeq: seq, Expiry: expiry, Signature: h.Key.Sign(text),
	}, nil
}

// Online is the message that opens the machine for rentals.
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
