package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/httpapi"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// elsewherePage is how many open rentals of a wallet are looked through. Who has
// more than fit on it needs a ticket that names the machine.
const elsewherePage = 100

// proveTicket checks the ticket, or the session that a ticket gave, in the body.
func (s *Server) proveTicket(c *call, needs api.Authority) error {
	r := c.request
	switch {
	case r.SessionID != "" || r.SessionIDSign != "":
		if err := s.proveSession(c); err != nil {
			return err
		}
	case r.Ticketed():
		t, err := auth.VerifyTicket(r.Wallet, r.Nonce, r.Sign, s.cfg.Key.MachineID(), s.deps.Now())
		if err != nil {
			return err
		}
		c.wallet, c.ticket = r.Wallet, &t
	default:
		return fmt.Errorf("%w: sign the request and send the header %s, or put a ticket of sign_tool into wallet, nonce and sign",
			ErrNoAuthority, auth.HeaderName)
	}
	if needs == api.ExactRenter {
		return fmt.Errorf("%w: sign this very request and send the header %s, as dbc does", ErrTicketRights, auth.HeaderName)
	}
	return nil
}

func (s *Server) proveSession(c *call) error {
	r := c.request
	if r.Nonce != "" || r.Sign != "" {
		return &api.Refusal{
			Kind: httpapi.ErrBody, Field: "session_id", Value: "with nonce and sign", Limit: "a session or a ticket", Remedy: "send one of both",
		}
	}
	// The id first: what is no id is not looked for.
	if err := auth.CheckSessionID(r.SessionID); err != nil {
		return err
	}
	session, err := s.deps.Sessions.Session(r.SessionID, s.deps.Now())
	if errors.Is(err, journal.ErrNoSession) {
		return fmt.Errorf("%w: field session_id: none has it here, or it is over; get one from %s", auth.ErrNoSession, api.PathSessionID)
	}
	if err != nil {
		return fmt.Errorf("read the session: %w", err)
	}
	if err := auth.VerifySession(session.Wallet, session.ID, r.SessionIDSign); err != nil {
		return err
	}
	if r.Wallet != "" && r.Wallet != session.Wallet {
		return fmt.Errorf("%w: field wallet is not the session's; leave it out", auth.ErrSignature)
	}
	t, err := auth.ParseTicket(session.Nonce)
	if err != nil {
		return fmt.Errorf("read the session's ticket: %w", err)
	}
	c.wallet, c.ticket, c.session = session.Wallet, &t, session.RentID
	return nil
}

// limit cuts a session to its rental, and a ticket's rights to what nobody gains
// who only passed it on. One without a machine could be used by any host whose
// machine the wallet rents.
func (s *Server) limit(ctx context.Context, c *call) error {
	if c.session != 0 {
		c.caller = c.caller.Only(func(r trust.Rental) bool { return r.ID == c.session })
		rents := c.caller.ActsFor(c.session)
		if !rents && c.behind != nil {
			return c.behind
		}
		if !rents {
			return fmt.Errorf("%w: rental %d, which the session is for, is over or another wallet's", ErrNoRental, c.session)
		}
	}
	if c.ticket == nil || c.ticket.MachineID != "" {
		return nil
	}
	remedy := "make a new one with sign_tool --machine " + s.cfg.Key.MachineID()
	c.caller = c.caller.Only(func(r trust.Rental) bool { return !r.Start.After(c.ticket.Issued) })
	if !c.caller.ActsForAny() {
		return fmt.Errorf("%w: issued at %d; %s", ErrTicketOld, c.ticket.Issued.Unix(), remedy)
	}
	res, err := s.deps.Renters.RentalsByRenter(ctx, xrental.QueryRentalsByRenterRequest{
		Renter: c.wallet, OpenOnly: true, Pagination: &query.PageRequest{Limit: elsewherePage},
	})
	if err != nil {
		return err
	}
	own := s.cfg.Key.MachineID()
	if slices.ContainsFunc(res.Rentals, func(r xrental.Rental) bool { return r.MachineId != own }) ||
		(res.Pagination != nil && len(res.Pagination.NextKey) > 0) {
		return fmt.Errorf("%w; %s", ErrTicketElsewhere, remedy)
	}
	return nil
}

// sees tells whether the caller may know of a rental's task. Only a ticket for
// this machine, or the wallet's exact signature, shows all that the wallet has here.
func (c *call) sees(rentID uint64) bool {
	if c.session == 0 && (c.ticket == nil || c.ticket.MachineID != "") {
		return true
	}
	return c.caller.ActsFor(rentID)
}

// sessionID gives the id that, signed by the wallet, has the ticket's rights in
// one rental until the ticket expires.
func (s *Server) sessionID(_ context.Context, c *call) (any, error) {
	if c.ticket == nil || c.session != 0 {
		return nil, fmt.Errorf("%w: a session's id is given for a ticket; put one of sign_tool into wallet, nonce and sign", ErrNoAuthority)
	}
	var wish api.ForSession
	if len(c.request.Additional) > 0 {
		if err := strict(c.request.Additional, &wish); err != nil {
			return nil, err
		}
	}
	r, err := choose(c.caller.Rentals(), string(wish.RentOrder))
	if err != nil {
		return nil, err
	}
	nonce := strings.TrimSpace(c.request.Nonce)
	session := journal.Session{
		ID:     auth.SessionID(s.cfg.Key.MachineID(), c.wallet, nonce, r.ID),
		Wallet: c.wallet, RentID: r.ID, Nonce: nonce, Expires: c.ticket.Expires,
	}
	if err := s.deps.Sessions.KeepSession(session, s.deps.Now()); err != nil {
		return nil, fmt.Errorf("keep the session: %w", err)
	}
	return api.Session{SessionID: session.ID, RentOrder: strconv.FormatUint(r.ID, 10), Expires: stamp(session.Expires)}, nil
}
