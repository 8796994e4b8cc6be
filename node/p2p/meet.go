package p2p

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	ma "github.com/multiformats/go-multiaddr"
)

// Meet dials one multiaddr and returns the peer id of whichever node answers
// there, or ErrPeer if none does.
func (h *Host) Meet(ctx context.Context, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, firstLimit)
	defer cancel()
	whole, err := ma.NewMultiaddr(address)
	if err != nil {
		return "", fmt.Errorf("%w: %q: %w", ErrPeer, address, err)
	}
	at, _ := peer.SplitAddr(whole)
	if at == nil || !h.gate.mayTry(at) {
		return "", fmt.Errorf("%w: %q is not public, nobody dials it", ErrPeer, address)
	}
	id, err := h.learn(ctx, []ma.Multiaddr{at})
	return id.String(), err
}

// actual returns the peer that answered a dial meant for another one.
func actual(err error) (peer.ID, bool) {
	var mismatch sec.ErrPeerIDMismatch
	if errors.As(err, &mismatch) {
		return mismatch.Actual, true
	}
	return "", false
}

// learn dials a peer id that cannot exist; the handshake error names the actual
// one.
func (h *Host) learn(ctx context.Context, at []ma.Multiaddr) (peer.ID, error) {
	_, public, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	nobody, err := peer.IDFromPublicKey(public)
	if err != nil {
		return "", fmt.Errorf("make a peer id: %w", err)
	}
	defer h.host.Peerstore().RemovePeer(nobody)
	defer h.host.Peerstore().ClearAddrs(nobody)
	err = h.host.Connect(ctx, peer.AddrInfo{ID: nobody, Addrs: at})
	if id, met := actual(err); met {
		return id, nil
	}
	return "", fmt.Errorf("%w: %w", ErrPeer, err)
}
