package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
)

// seventh is a session key made for these tests.
var seventh = wallet(70)

// publicKey of a signer, as its signs begin with it.
func publicKey(t *testing.T, s auth.Signer) string {
	t.Helper()
	sign, err := s.Sign(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	return sign[:66]
}

func (b *bench) grant(scope auth.Scope) auth.Grant {
	return auth.Grant{
		ChainID: chainID, MachineID: b.k.MachineID(), RentID: 7, PublicKey: publicKey(b.t, seventh), Scope: scope,
		Expiry: now.Add(30 * time.Minute).Unix(),
	}
}

// mint asks for the session of g, granted by the signers: one alone, or all for multi.
func (b *bench) mint(g auth.Grant, multi *api.Multisig, by ...auth.Signer) (int, api.Reply) {
	b.t.Helper()
	wish := api.CreateSession{Grant: g.Text(), Multisig: multi}
	for _, s := range by {
		sign, err := s.Sign(b.t.Context(), g.Text())
		if err != nil {
			b.t.Fatal(err)
		}
		if multi == nil {
			wish.Sign = sign
		} else {
			multi.Signs = append(multi.Signs, sign)
		}
	}
	additional, err := json.Marshal(wish)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.ask(nil, api.PathSessionCreate, string(additional), nil)
}

// by asks with the session's key for a wallet.
func (b *bench) by(key auth.Signer, wallet, session, path, additional string) (int, api.Reply) {
	b.t.Helper()
	return b.ask(nil, path, additional, func(r *http.Request) {
		body := `{"peer_nodes_list":["` + b.k.MachineID() + `"],"additional":` + additional + `}`
		header, err := auth.SignExactAs(context.Background(), key, wallet, session, auth.Exact{
			ChainID: chainID, Method: http.MethodPost, Target: path, MachineID: b.k.MachineID(),
			BodySHA256: sha256.Sum256([]byte(body)), Time: now.Unix(), Nonce: auth.NewNonce(),
		})
		if err != nil {
			b.t.Fatal(err)
		}
		r.Header.Set(auth.HeaderName, header)
	})
}

func wants(t *testing.T, what string, status int, reply api.Reply, want int, code api.Code) {
	t.Helper()
	if status != want || reply.Code != code {
		t.Errorf("%s: %d %s %s, want %d %s", what, status, reply.Code, reply.Message, want, code)
	}
}

func TestGrantedSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	g := b.grant(auth.ScopeFull)
	status, reply := b.mint(g, nil, alice)
	wants(t, "create", status, reply, 200, "")
	var made api.GrantedSession
	if err := json.Unmarshal(reply.Message, &made); err != nil || made.SessionID != g.ID() || made.Wallet != alice.Address() {
		t.Fatalf("%s %v", reply.Message, err)
	}
	const task = "3mJr7AoUXx2Wqd4yHw9kPz"
	a := alice.Address()
	status, reply = b.by(seventh, a, g.ID(), api.PathTask+task, `{}`)
	wants(t, "show", status, reply, 200, "")
	status, reply = b.by(seventh, a, g.ID(), api.PathTaskDelete+task, `{}`)
	wants(t, "delete", status, reply, 200, "")
	status, reply = b.by(bob, a, g.ID(), api.PathTasks, `{}`)
	wants(t, "another key", status, reply, 401, "AUTH_SIGNATURE")
	status, reply = b.by(seventh, bob.Address(), g.ID(), api.PathTasks, `{}`)
	wants(t, "another wallet", status, reply, 401, "AUTH_SIGNATURE")
	status, reply = b.by(seventh, a, "", api.PathTasks, `{}`)
	wants(t, "without the session", status, reply, 401, "AUTH_SIGNATURE")
	status, reply = b.by(seventh, a, strings.Repeat("0", 64), api.PathTasks, `{}`)
	wants(t, "no such session", status, reply, 401, "NO_SESSION")

	// A restart in between: the session lives, and after it was revoked it stays so.
	b.restart()
	status, reply = b.by(seventh, a, g.ID(), api.PathTasks, `{}`)
	wants(t, "after a restart", status, reply, 200, "")
	status, reply = b.ask(alice, api.PathSessionRevoke, `{"session_id":"`+g.ID()+`"}`, nil)
	wants(t, "revoke", status, reply, 200, "")
	status, reply = b.by(seventh, a, g.ID(), api.PathTasks, `{}`)
	wants(t, "revoked", status, reply, 401, "NO_SESSION")
	b.restart()
	status, reply = b.mint(g, nil, alice)
	wants(t, "the same grant again", status, reply, 200, "")
	if !strings.Contains(string(reply.Message), `"revoked":true`) {
		t.Errorf("%s", reply.Message)
	}
	status, reply = b.by(seventh, a, g.ID(), api.PathTasks, `{}`)
	wants(t, "revoked, after a restart and the same grant", status, reply, 401, "NO_SESSION")
	status, reply = b.ask(alice, api.PathSessionList, `{}`, nil)
	wants(t, "list", status, reply, 200, "")
	if !strings.Contains(string(reply.Message), g.ID()) {
		t.Errorf("%s", reply.Message)
	}
}

func (b *bench) restart() {
	b.t.Helper()
	if err := b.journal.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.start()
}

func TestSessionEndsWithItsRental(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other := b.m.word.Open[7]
	other.ID = 9
	b.m.word.Open[9] = other
	g := b.grant(auth.ScopeFull)
	status, reply := b.mint(g, nil, alice)
	wants(t, "create", status, reply, 200, "")
	delete(b.m.word.Open, 7)
	status, reply = b.by(seventh, alice.Address(), g.ID(), api.PathTasks, `{}`)
	wants(t, "its rental is over, another of the wallet's is not", status, reply, 403, "NO_RENTAL")
	status, reply = b.mint(g, nil, alice)
	wants(t, "mint for what is over", status, reply, 403, "NO_RENTAL")
}

func TestScopes(t *testing.T) {
	t.Parallel()
	for scope, want := range map[auth.Scope][3]int{
		auth.ScopeRead: {200, 403, 403}, auth.ScopeOperate: {200, 200, 403}, auth.ScopeFull: {200, 200, 200},
	} {
		b := newBench(t)
		g := b.grant(scope)
		status, reply := b.mint(g, nil, alice)
		wants(t, "create", status, reply, 200, "")
		for i, call := range [][2]string{
			{api.PathTasks, `{}`}, {api.PathTaskStart, start}, {api.PathTaskDelete + "3mJr7AoUXx2Wqd4yHw9kPz", `{}`},
		} {
			if status, reply := b.by(seventh, alice.Address(), g.ID(), call[0], call[1]); status != want[i] {
				t.Errorf("%s, %s: %d %s", scope, call[0], status, reply.Message)
			}
		}
	}
}

func TestGrantsAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by     auth.Signer
		change func(g *auth.Grant)
		status int
		code   api.Code
	}{
		"another renter":       {bob, func(*auth.Grant) {}, 403, "NO_RENTAL"},
		"another chain":        {alice, func(g *auth.Grant) { g.ChainID = "dbc-devnet-2" }, 403, "TICKET_MACHINE"},
		"another machine":      {alice, func(g *auth.Grant) { g.MachineID = elsewhere }, 403, "TICKET_MACHINE"},
		"another rental":       {alice, func(g *auth.Grant) { g.RentID = 8 }, 403, "NO_RENTAL"},
		"expired":              {alice, func(g *auth.Grant) { g.Expiry = now.Unix() }, 401, "TICKET_EXPIRED"},
		"for too long":         {alice, func(g *auth.Grant) { g.Expiry = now.AddDate(0, 3, 0).Unix() }, 401, "AUTH_MALFORMED"},
		"the wallet's own key": {alice, func(g *auth.Grant) { g.PublicKey = publicKey(t, alice) }, 401, "AUTH_MALFORMED"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			g := b.grant(auth.ScopeFull)
			c.change(&g)
			status, reply := b.mint(g, nil, c.by)
			wants(t, name, status, reply, c.status, c.code)
			if list, err := b.journal.Grants(c.by.Address(), now); err != nil || len(list) != 0 {
				t.Errorf("kept %v %v", list, err)
			}
		})
	}
}

const elsewhere = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"

func TestMultisigActsThroughSessions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	carol := wallet(3)
	members := []string{publicKey(t, alice), publicKey(t, bob), publicKey(t, carol)}
	team := func() *api.Multisig { return &api.Multisig{Threshold: "2", PublicKeys: members} }
	address, err := auth.Multisig{Threshold: 2, PublicKeys: members}.Address()
	if err != nil {
		t.Fatal(err)
	}
	r := b.m.word.Open[7]
	r.Renter = address
	b.m.word.Open[7] = r
	g := b.grant(auth.ScopeFull)

	status, reply := b.mint(g, team(), alice)
	wants(t, "one of two", status, reply, 401, "AUTH_SIGNATURE")
	status, reply = b.mint(g, team(), alice, alice)
	wants(t, "one twice", status, reply, 401, "AUTH_SIGNATURE")
	status, reply = b.mint(g, team(), alice, wallet(4))
	wants(t, "a stranger", status, reply, 401, "AUTH_SIGNATURE")
	twice := team()
	twice.PublicKeys = []string{members[0], members[0], members[1]}
	status, reply = b.mint(g, twice, alice, bob)
	wants(t, "a key twice", status, reply, 401, "AUTH_MALFORMED")
	lower := team()
	lower.Threshold = "1"
	status, reply = b.mint(g, lower, alice)
	wants(t, "another threshold is another wallet", status, reply, 403, "NO_RENTAL")
	own := g
	own.PublicKey = members[2]
	status, reply = b.mint(own, team(), alice, bob)
	wants(t, "a member's key as the session's", status, reply, 401, "AUTH_MALFORMED")
	status, reply = b.ask(alice, api.PathTasks, `{}`, nil)
	wants(t, "a member by himself", status, reply, 403, "NO_RENTAL")

	status, reply = b.mint(g, team(), carol, alice)
	wants(t, "two of three", status, reply, 200, "")
	status, reply = b.by(seventh, address, g.ID(), api.PathTasks, `{}`)
	wants(t, "list", status, reply, 200, "")
	status, reply = b.by(seventh, address, g.ID(), api.PathSessionRevoke, `{"session_id":"`+g.ID()+`"}`)
	wants(t, "revoke itself", status, reply, 200, "")
	status, reply = b.by(seventh, address, g.ID(), api.PathTasks, `{}`)
	wants(t, "revoked", status, reply, 401, "NO_SESSION")
}

func TestTicketsDontReachSessions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ticket, err := auth.NewTicket(now, time.Hour, b.k.MachineID())
	if err != nil {
		t.Fatal(err)
	}
	sign, err := auth.SignTicket(t.Context(), alice, ticket)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{api.PathSessionCreate, api.PathSessionList, api.PathSessionRevoke} {
		body := `{"peer_nodes_list":["` + b.k.MachineID() + `"],"additional":{},"wallet":"` + alice.Address() +
			`","nonce":"` + ticket.Nonce() + `","sign":"` + sign + `"}`
		status, reply := b.send(nil, http.MethodPost, path, body, nil)
		wants(t, path, status, reply, 403, "TICKET_RIGHTS")
	}
}
