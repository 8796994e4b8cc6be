package p2p

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
)

// PeerID returns the peer that holds the key of a machine. The id is the public
// key, so nobody else can answer for it.
func PeerID(machineID string) (peer.ID, error) {
	public, err := hex.DecodeString(machineID)
	if err != nil || len(public) != ed25519.PublicKeySize || hex.EncodeToString(public) != machineID {
		return "", fmt.Errorf("%w: %.80q, want %d lower-case hex digits", ErrMachineID, machineID, 2*ed25519.PublicKeySize)
	}
	key, err := crypto.UnmarshalEd25519PublicKey(public)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMachineID, err)
	}
	return peer.IDFromPublicKey(key)
}

// MachineID returns the machine that a peer would be. ok is false if its key is
// not an ed25519 key.
func MachineID(id peer.ID) (string, bool) {
	key, err := id.ExtractPublicKey()
	if err != nil || key.Type() != crypto.Ed25519 {
		return "", false
	}
	raw, err := key.Raw()
	return hex.EncodeToString(raw), err == nil
}
