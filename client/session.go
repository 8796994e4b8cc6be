package client

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
)

// Grant returns the grant that the wallet, or the members of a multisig wallet,
// sign so that the holder of publicKey (33 bytes in hex) may act in a rental of
// this machine.
func (n *Node) Grant(rentID uint64, publicKey string, scope auth.Scope, expiry time.Time) (auth.Grant, error) {
	g := auth.Grant{
		ChainID: n.cfg.ChainID, MachineID: n.cfg.MachineID, RentID: rentID, PublicKey: publicKey, Scope: scope,
		Expiry: expiry.Unix(),
	}
	return g, g.Validate()
}

// CreateSession signs a grant with the wallet and sends it to the machine.
// Sending the same grant again changes nothing.
func (n *Node) CreateSession(ctx context.Context, g auth.Grant) (s api.GrantedSession, err error) {
	sign, err := auth.SignGrant(ctx, n.cfg.Signer, g)
	if err != nil {
		return s, err
	}
	return s, n.call(ctx, api.PathSessionCreate, api.CreateSession{Grant: g.Text(), Sign: sign}, &s)
}

// CreateTeamSession sends a grant that members of a multisig wallet signed to
// the machine. Any signer will do, because the grant carries its own authority.
func (n *Node) CreateTeamSession(ctx context.Context, t TeamGrant) (s api.GrantedSession, err error) {
	return s, n.call(ctx, api.PathSessionCreate, t, &s)
}

// Sessions returns the wallet's sessions on this machine, including revoked
// ones.
func (n *Node) Sessions(ctx context.Context) (list api.Sessions, err error) {
	return list, n.call(ctx, api.PathSessionList, struct{}{}, &list)
}

// RevokeSession permanently ends a session of the wallet.
func (n *Node) RevokeSession(ctx context.Context, id string) error {
	return n.call(ctx, api.PathSessionRevoke, api.RevokeSession{SessionID: id}, nil)
}
