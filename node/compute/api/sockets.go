package api

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/console"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/trust"
)

func openSocket(kind console.Kind) func(*Server, context.Context, *call) (any, error) {
	return func(s *Server, _ context.Context, c *call) (any, error) { return s.openSocket(c, kind) }
}

func (s *Server) openSocket(c *call, kind console.Kind) (any, error) {
	var wish api.OpenConsole
	if kind == console.Serial && len(c.request.Additional) > 0 {
		if err := strict(c.request.Additional, &wish); err != nil {
			return nil, err
		}
	}
	return s.give(c, console.Right{Kind: kind, TakeOver: bool(wish.TakeOver)})
}

func (s *Server) openForward(_ context.Context, c *call) (any, error) {
	var wish api.OpenForward
	if err := strict(c.request.Additional, &wish); err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(string(wish.Port), 10, 16)
	if err != nil || port == 0 {
		return nil, &api.Refusal{Kind: host.ErrInvalid, Field: "port", Value: string(wish.Port), Limit: "1-65535"}
	}
	return s.give(c, console.Right{Kind: console.Forward, Port: uint16(port)})
}

// give fills in whose VM it is.
func (s *Server) give(c *call, r console.Right) (any, error) {
	id := c.http.PathValue("id")
	t, err := s.deps.Host.Task(c.wallet, id)
	if err != nil {
		return nil, err
	}
	if !c.caller.ActsFor(t.Rental.ID) {
		return nil, &api.Refusal{Kind: host.ErrNotFound, Field: "task_id", Value: id, Limit: "a task of an open rental of yours"}
	}
	if t.Progress.State.IsOff() {
		return nil, &api.Refusal{
			Kind: host.ErrState, Field: "task_id", Value: id, Limit: "a VM that runs", Remedy: fmt.Sprintf("it is %s now", t.Progress.State),
		}
	}
	r.TaskID, r.Wallet, r.RentID, r.Session = id, c.wallet, t.Rental.ID, c.grant
	if err := c.short(); err != nil {
		return nil, err
	}
	if c.proof != nil {
		proof := *c.proof
		proof.Body = slices.Clone(proof.Body)
		r.Proof = &proof
	}
	token, expires, err := s.hub.Give(r)
	if err != nil {
		return nil, err
	}
	return api.SocketToken{Token: token, Expires: stamp(expires)}, nil
}

// socketOf serves a WebSocket's opening, whose authority is its token.
func (s *Server) socketOf(kind console.Kind) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := s.serveSocket(w, r, kind); err != nil {
			s.admission.patience.Wait(r.Context())
			c := &call{http: r, text: s.verifier.Exact(auth.Credential{}, r.Method, r.RequestURI, nil).Text()}
			s.reply(w, c, nil, err)
		}
	}
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request, kind console.Kind) error {
	if err := s.guard().Check(r); err != nil {
		return err
	}
	query := r.URL.Query()
	if own := s.cfg.Key.MachineID(); query.Get("machine_id") != own {
		return &api.Refusal{Kind: ErrMachine, Field: "machine_id", Value: query.Get("machine_id"), Limit: own}
	}
	right, err := s.hub.Take(kind, r.PathValue("id"), query.Get("token"))
	if err != nil {
		return err
	}
	return s.hub.Serve(w, r, right)
}

// connect is console.Deps.Open.
func (s *Server) connect(ctx context.Context, r console.Right) (net.Conn, error) {
	if r.Proof != nil {
		ctx = auth.WithProof(ctx, *r.Proof)
	}
	who := s.deps.Rentals.Word().Caller(r.Wallet).Only(func(own trust.Rental) bool { return own.ID == r.RentID })
	switch r.Kind {
	case console.VNC:
		return s.deps.Host.VNC(ctx, who, r.TaskID)
	case console.Forward:
		return s.deps.Host.Forward(ctx, who, r.TaskID, r.Port)
	}
	return s.deps.Host.Console(ctx, who, r.TaskID)
}

// allowed is console.Deps.Allowed. While the chain is in doubt what was opened
// goes on for as long as its VM does.
func (s *Server) allowed(ctx context.Context, r console.Right) error {
	word, now := s.deps.Rentals.Word(), s.deps.Now()
	rental, open := word.Open[r.RentID]
	if !open || rental.Renter != r.Wallet || (word.Doubt != nil && !now.Before(rental.End.Add(host.ChainGrace))) {
		return fmt.Errorf("%w: rental %d is over", ErrNoRental, r.RentID)
	}
	if r.Session != "" {
		if _, err := s.deps.Grants.Granted(ctx, r.Session, now); err != nil {
			return err
		}
	}
	t, err := s.deps.Host.Task(r.Wallet, r.TaskID)
	if err != nil {
		return err
	}
	if t.Progress.State == lifecycle.Deleting {
		return &api.Refusal{Kind: host.ErrState, Field: "task_id", Value: t.ID, Limit: "a VM that is kept"}
	}
	return nil
}
