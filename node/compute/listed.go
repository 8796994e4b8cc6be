package compute

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/x/machine"
)

// meeter reports who answers at an address; *p2p.Host is one.
type meeter interface {
	Meet(ctx context.Context, address string) (peerID string, err error)
}

var _ meeter = (*p2p.Host)(nil)

// Differences returns how a machine's listing differs from its computer, and reached,
// which is true if the machine answers at one of the listed addresses. Each is dialed
// from here by with, which must not be the machine's own host.
func Differences(ctx context.Context, cfg conf.Compute, machineID string, listed machine.Facts, with meeter) (all []listing.Difference, reached bool, err error) {
	here, err := Facts(ctx, cfg, machineID)
	if err != nil {
		return nil, false, err
	}
	own, err := p2p.PeerID(machineID)
	if err != nil {
		return nil, false, err
	}
	met := make([]listing.Met, len(listed.Multiaddrs))
	var dials sync.WaitGroup
	for i, address := range listed.Multiaddrs {
		dials.Go(func() {
			id, err := with.Meet(ctx, address)
			met[i] = listing.Met{Address: address, PeerID: id}
			if err != nil {
				met[i] = listing.Met{Address: address, Reason: err.Error()}
			}
		})
	}
	dials.Wait()
	reached = slices.ContainsFunc(met, func(m listing.Met) bool { return m.PeerID == own.String() })
	return append(listing.Compare(listed, here), listing.Judge(met, own.String())...), reached, nil
}

// listingLimit bounds the wait for a chain that starts together with its node.
const listingLimit = time.Minute

// compareListing returns how the machine's listing differs from the machine. A
// machine that is not bonded has none.
func (p *parts) compareListing(ctx context.Context) (listed *machine.Facts, all []listing.Difference, reached bool, err error) {
	asked, cancel := context.WithTimeout(ctx, listingLimit)
	m, err := p.ownListing(asked)
	cancel()
	if err != nil || m.RetiredAt != nil {
		return nil, nil, false, nil //nolint:nilerr // not bonded, or nobody answers, which is said of the chain
	}
	with, err := node.Dialer(p.cfg.ChainID, nil, p.chain, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, false, err
	}
	all, reached, err = Differences(ctx, p.cfg, p.key.MachineID(), m.Facts, with)
	return &m.Facts, all, reached, errors.Join(err, with.Close())
}

// ownListing waits until the chain returns this machine.
func (p *parts) ownListing(ctx context.Context) (machine.Machine, error) {
	for {
		listed, err := p.chain.Machine(ctx, p.key.MachineID())
		if err == nil || errors.Is(err, chain.ErrNotFound) {
			return listed.Machine, err
		}
		select {
		case <-ctx.Done():
			return machine.Machine{}, ctx.Err()
		case <-time.After(chainRetry):
		}
	}
}
