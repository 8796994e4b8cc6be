package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/vm"
)

// call is one request on its way through the checks.
type call struct {
	http *http.Request
	body []byte
	// text is what the reply is signed over.
	text string
	// request is set for POST.
	request api.Request
	// wallet signed it; caller is that wallet with the rentals it acts for, once those
	// are known. Both only behind renters.
	wallet string
	caller trust.Caller
	// behind is set where the caller has seen a later block than this node, which may
	// lack a rental because of that.
	behind error
	// reads: the route changes nothing.
	reads bool
	// ticket is nil where the request was signed exactly.
	ticket *auth.Ticket
	// session is the rental of the session that the request came by, else 0.
	session uint64
	// grant is the id of that session where a key was granted it, else "".
	grant string
	// proof is the request as it was signed, for those who verify it again; nil
	// for one by a ticket. Who keeps it longer than the call clones its body.
	proof *auth.Proof
	// held are the bytes of body, leave ends the renter's turn; either may be nil.
	held  *budget.Body
	leave func()
}

// release gives back what the call holds of what all callers share. The body is kept by
// nothing that outlives it, neither as it came nor decoded.
func (c *call) release() {
	c.held.Release()
	c.body, c.request, c.proof, c.held = nil, api.Request{}, nil, nil
	if c.leave != nil {
		c.leave()
		c.leave = nil
	}
}

// short refuses a request that is too long to be kept.
func (c *call) short() error {
	if len(c.body) <= MaxKept {
		return nil
	}
	return &api.Refusal{
		Kind: httpapi.ErrBody, Field: "body", Value: fmt.Sprintf("%d bytes", len(c.body)), Limit: fmt.Sprintf("at most %d bytes", MaxKept),
		Remedy: "leave out what is no field",
	}
}

type handler func(ctx context.Context, c *call) (any, error)

func (s *Server) serve(route api.Route, next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, limit := route.Bounds()
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		c := &call{http: r}
		defer c.release()
		message, err := s.run(ctx, w, c, route, next)
		if err != nil || route.Authority == api.Everyone {
			s.hold(ctx, c, err)
		}
		s.reply(w, c, message, err)
	}
}

func (s *Server) run(ctx context.Context, w http.ResponseWriter, c *call, route api.Route, next handler) (any, error) {
	needs := route.Authority
	c.reads = needs.Renters() && route.Scope == api.ScopeRead
	c.text = s.verifier.Exact(auth.Credential{}, c.http.Method, c.http.RequestURI, nil).Text()
	if err := s.guard().Check(c.http); err != nil {
		return nil, err
	}
	if c.http.Method == http.MethodPost {
		var err error
		if err = s.readBody(w, c); err != nil {
			return nil, err
		}
		// An open route's reply is over the header too, if one was sent.
		c.text = s.verifier.Exact(credential(c.http), c.http.Method, c.http.RequestURI, c.body).Text()
	}
	// The signature first: nobody learns from the decoder what he may not ask. A
	// ticket is inside the body, so there the decoder comes first.
	signed := needs != api.Granted && len(c.http.Header.Values(auth.HeaderName)) > 0
	if needs.Renters() && signed {
		if err := s.prove(ctx, c, route.Scope); err != nil {
			return nil, err
		}
	}
	if c.http.Method == http.MethodPost {
		var err error
		if c.request, err = decodeRequest(c.body); err != nil {
			return nil, err
		}
	}
	if signed && c.request.Ticketed() {
		return nil, &api.Refusal{
			Kind: httpapi.ErrBody, Field: "wallet, nonce, sign, session_id", Value: "…", Limit: "absent with " + auth.HeaderName,
			Remedy: "send the header or a ticket",
		}
	}
	if needs.Renters() && !signed {
		if err := s.proveTicket(c, needs); err != nil {
			return nil, err
		}
	}
	if needs != api.Everyone || c.http.Method == http.MethodPost {
		if err := s.forUs(c.request, needs != api.Everyone); err != nil {
			return nil, err
		}
	}
	if needs.Renters() && !signed {
		if err := s.authorize(ctx, c); err != nil {
			return nil, err
		}
	}
	if c.proof != nil {
		ctx = auth.WithProof(ctx, *c.proof)
	}
	return next(ctx, c)
}

// credential is the header's, or none where it is absent or not well written.
func credential(r *http.Request) auth.Credential {
	values := r.Header.Values(auth.HeaderName)
	if len(values) != 1 {
		return auth.Credential{}
	}
	c, err := auth.ParseHeader(values[0])
	if err != nil {
		return auth.Credential{}
	}
	return c
}

// prove checks the signature, then the wallet's rentals, and only then uses up
// the nonce: who has no rental costs the machine no write.
func (s *Server) prove(ctx context.Context, c *call, scope api.Scope) error {
	header := c.http.Header.Values(auth.HeaderName)
	if len(header) > 1 {
		return fmt.Errorf("%w: %s is there %d times, want once", auth.ErrMalformed, auth.HeaderName, len(header))
	}
	admit := func(ctx context.Context, proved auth.Request) error {
		c.text, c.wallet = proved.Text, proved.Wallet
		c.proof = &auth.Proof{Header: header[0], Method: c.http.Method, Target: c.http.RequestURI, Body: c.body}
		if g := proved.Session; g != nil {
			c.proof.Grant, c.proof.GrantSign, c.proof.Multisig = g.Text(), g.Sign, g.Multisig
			c.session, c.grant = g.RentID, g.ID()
			if !g.Scope.Covers(auth.Scope(scope)) {
				return fmt.Errorf("%w: it is %s, this needs %s", ErrScope, g.Scope, scope)
			}
		}
		return s.authorize(ctx, c)
	}
	proved, err := s.verifier.Verify(ctx, header[0], c.http.Method, c.http.RequestURI, c.body, admit)
	c.text = proved.Text
	return err
}

// forUs: the first of peer_nodes_list names the machine.
func (s *Server) forUs(req api.Request, needed bool) error {
	own := s.cfg.Key.MachineID()
	if len(req.PeerNodesList) == 0 && !needed {
		return nil
	}
	if len(req.PeerNodesList) != 1 || req.PeerNodesList[0] != own {
		return &api.Refusal{
			Kind: ErrMachine, Field: "peer_nodes_list", Value: fmt.Sprint(req.PeerNodesList), Limit: own,
			Remedy: "name this machine, or ask the other one",
		}
	}
	return nil
}

// authorize admits a wallet that was proved and has an open rental on this machine.
func (s *Server) authorize(ctx context.Context, c *call) error {
	if err := s.rents(ctx, c); err != nil {
		return err
	}
	if err := s.limit(ctx, c); err != nil {
		return err
	}
	return s.admit(c)
}

// rents finds the wallet's open rentals on this machine. A rental that is not in
// the last word may have begun since, so the chain is asked again: once a second
// at most, for all who wait.
func (s *Server) rents(ctx context.Context, c *call) error {
	word := s.deps.Rentals.Word()
	c.caller = word.Caller(c.wallet)
	seen, err := heightSeen(c.http)
	if err != nil {
		return err
	}
	if word.Doubt != nil || !c.caller.ActsForAny() || seen > word.Height {
		word = s.deps.Rentals.Fresh(ctx)
		c.caller = word.Caller(c.wallet)
	}
	if word.Doubt != nil {
		c.caller = trust.Caller{}
		return word.Doubt
	}
	if seen > word.Height {
		c.behind = behind(seen, word.Height)
	}
	if c.caller.ActsForAny() {
		return nil
	}
	kept, err := s.keeps(c)
	if err != nil || kept {
		return err
	}
	if c.behind != nil {
		return c.behind
	}
	return fmt.Errorf("%w: wallet %s has none at block %d; rent the machine first", ErrNoRental, c.wallet, word.Height)
}

// heightSeen returns the block that the caller has seen, 0 if it names none.
func heightSeen(r *http.Request) (int64, error) {
	text := r.Header.Get(api.HeaderHeight)
	if text == "" {
		return 0, nil
	}
	seen, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, badValue(api.HeaderHeight, text, "the number of a block")
	}
	return int64(seen), nil
}

// behind refuses a caller who has seen a later block: what the node does not know of may
// be in it. A caller that names a block which never comes is told so each time.
func behind(seen, height int64) error {
	wanted, own := strconv.FormatInt(seen, 10), strconv.FormatInt(height, 10)
	return &api.Refusal{
		Code: api.ChainBehind, Field: api.HeaderHeight, Value: wanted, Limit: own,
		Message: fmt.Sprintf("this machine has seen block %s, you block %s: try again in a moment", own, wanted),
		Params:  map[string]string{"height": own, "wanted": wanted},
	}
}

// keeps reports whether the machine keeps disks of a wallet that asks only to
// look: what is kept can be seen before another rental is paid for. A ticket has
// to name the machine, as any that shows more than its rental.
func (s *Server) keeps(c *call) (bool, error) {
	if !c.reads || c.session != 0 || c.ticket != nil && c.ticket.MachineID == "" {
		return false, nil
	}
	if has, err := s.keepers.have(c.wallet, s.deps.Host.Keepers); err != nil || !has {
		return false, err
	}
	tasks, err := s.deps.Host.Tasks(c.wallet)
	return slices.ContainsFunc(tasks, func(t journal.Task) bool { return !t.Keep.Until.IsZero() }), err
}

// keepers are the wallets with kept disks, as they were read last.
type keepers struct {
	mu      sync.Mutex
	read    time.Time
	wallets map[string]bool
}

// keepersLife is how long they are good for: strangers don't have the journal read
// for each request.
const keepersLife = time.Second

func (k *keepers) have(wallet string, read func() (map[string]bool, error)) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.read.IsZero() || time.Since(k.read) >= keepersLife {
		wallets, err := read()
		if err != nil {
			return false, err
		}
		k.wallets, k.read = wallets, time.Now()
	}
	return k.wallets[wallet], nil
}

func (s *Server) reply(w http.ResponseWriter, c *call, message any, err error) {
	answer := s.answer(c, message, err)
	answer.Tell(w)
	body := answer.Body()
	if document, ok := message.(api.Document); ok && err == nil {
		body = document
	}
	h := w.Header()
	answer.Headers(h)
	if origin := c.http.Header.Get("Origin"); origin != "" && s.guard().OriginAllowed(c.http) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", auth.HeaderMachine+", "+auth.HeaderSign+", Retry-After")
		h.Add("Vary", "Origin")
	}
	h.Set(auth.HeaderMachine, s.cfg.Key.MachineID())
	h.Set(auth.HeaderSign, auth.SignReply(s.cfg.Key.Private(), c.text, answer.Status, body))
	w.WriteHeader(answer.Status)
	if _, err := w.Write(body); err != nil {
		s.deps.Log.Debug("a reply was not taken", "error", err)
	}
}

func (s *Server) answer(c *call, message any, err error) (a httpapi.Answer) {
	if err == nil {
		a, err = httpapi.OK(message)
	}
	if err != nil {
		a = s.refusal(c, err)
	}
	if s.deps.Observer != nil {
		s.deps.Observer.Answered(string(a.Reply.Code))
	}
	return a
}

func (s *Server) refusal(c *call, err error) httpapi.Answer {
	if skew := new(auth.SkewError); errors.As(err, &skew) {
		err = &api.Refusal{
			Kind: auth.ErrClockSkew, Message: err.Error(), Field: "time", Value: fmt.Sprint(skew.Sent.Unix()),
			Limit: fmt.Sprintf("%d ± %d", skew.Server.Unix(), int64(auth.MaxSkew/time.Second)),
		}
	}
	a, foreseen := codes.Refusal(err, api.FaultMachine)
	if foreseen {
		return a
	}
	s.deps.Log.Error("a request failed", "path", c.http.URL.Path, "error", err)
	if errors.Is(err, vm.ErrUnavailable) {
		a, _ = codes.Refusal(errAway, api.FaultMachine)
	}
	return a
}
