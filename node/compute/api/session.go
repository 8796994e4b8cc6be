package api

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/compute/journal"
)

// Grants remembers sessions over restarts.
type Grants interface {
	auth.Sessions
	// KeepGrant is repeatable, and returns what is kept; journal.ErrSessions
	// where the rental has too many.
	KeepGrant(g journal.Grant, now time.Time) (journal.Grant, error)
	Grants(wallet string, now time.Time) ([]journal.Grant, error)
	// RevokeGrant is journal.ErrNoSession where the wallet has no such session.
	RevokeGrant(wallet, id string) error
}

var _ Grants = (*journal.Journal)(nil)

// createSession needs no authority but the grant's own: a multisig has no other.
func (s *Server) createSession(ctx context.Context, c *call) (any, error) {
	if c.request.Ticketed() {
		return nil, fmt.Errorf("%w: sign a grant, as dbc session create does", ErrTicketRights)
	}
	var wish api.CreateSession
	if err := strict(c.request.Additional, &wish); err != nil {
		return nil, err
	}
	g, err := auth.ParseGrant(wish.Grant)
	if err != nil {
		return nil, err
	}
	multi, err := parseMultisig(wish.Multisig)
	if err != nil {
		return nil, err
	}
	c.session = g.RentID
	// The signatures of a multisig are many: whether it rents anything comes first.
	if multi != nil {
		if c.wallet, err = multi.Address(); err != nil {
			return nil, err
		}
		if err := s.rents(ctx, c); err != nil {
			return nil, err
		}
	}
	now := s.deps.Now()
	c.wallet, err = auth.VerifyGrant(g, wish.Sign, multi, s.cfg.ChainID, s.cfg.Key.MachineID(), now)
	if err != nil {
		return nil, err
	}
	if err := s.authorize(ctx, c); err != nil {
		return nil, err
	}
	kept, err := s.deps.Grants.KeepGrant(journal.Grant{
		ID: g.ID(), Text: g.Text(), Sign: wish.Sign, Multisig: multi,
		Wallet: c.wallet, RentID: g.RentID, Created: now, Expires: time.Unix(g.Expiry, 0),
	}, now)
	if err != nil {
		return nil, fmt.Errorf("keep the session: %w", err)
	}
	return grantedSession(kept)
}

func parseMultisig(m *api.Multisig) (*auth.Multisig, error) {
	if m == nil {
		return nil, nil
	}
	threshold, err := parseNumber("threshold", m.Threshold, 1, 1024)
	if err != nil {
		return nil, err
	}
	return &auth.Multisig{Threshold: threshold, PublicKeys: m.PublicKeys, Signs: m.Signs}, nil
}

func grantedSession(g journal.Grant) (api.GrantedSession, error) {
	grant, err := auth.ParseGrant(g.Text)
	if err != nil {
		return api.GrantedSession{}, fmt.Errorf("read session %s: %w", g.ID, err)
	}
	return api.GrantedSession{
		Session:   api.Session{SessionID: g.ID, RentOrder: strconv.FormatUint(g.RentID, 10), Expires: stamp(g.Expires)},
		Wallet:    g.Wallet,
		PublicKey: grant.PublicKey, Scope: grant.Scope.String(), Created: stamp(g.Created), Revoked: g.Revoked,
	}, nil
}

func (s *Server) listSessions(_ context.Context, c *call) (any, error) {
	all, err := s.deps.Grants.Grants(c.wallet, s.deps.Now())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	list := api.Sessions{Sessions: []api.GrantedSession{}}
	for _, g := range all {
		if !c.sees(g.RentID) {
			continue
		}
		row, err := grantedSession(g)
		if err != nil {
			return nil, err
		}
		list.Sessions = append(list.Sessions, row)
	}
	return list, nil
}

// revokeSession is also for a session of full scope: a multisig has no other way.
func (s *Server) revokeSession(_ context.Context, c *call) (any, error) {
	var wish api.RevokeSession
	if err := strict(c.request.Additional, &wish); err != nil {
		return nil, err
	}
	missing := &api.Refusal{Kind: ErrSessionID, Field: "session_id", Value: wish.SessionID, Limit: "a session of yours", Remedy: "list them with " + api.PathSessionList}
	all, err := s.deps.Grants.Grants(c.wallet, s.deps.Now())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	for _, g := range all {
		if g.ID != wish.SessionID || !c.sees(g.RentID) {
			continue
		}
		if err := s.deps.Grants.RevokeGrant(c.wallet, g.ID); errors.Is(err, journal.ErrNoSession) {
			return nil, missing
		} else if err != nil {
			return nil, fmt.Errorf("revoke the session: %w", err)
		}
		return "ok", nil
	}
	return nil, missing
}
