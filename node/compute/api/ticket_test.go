package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/compute/journal"
	xrental "github.com/dbc-network/dbc/x/rental"
)

const (
	sampleTask = "3mJr7AoUXx2Wqd4yHw9kPz"
	otherID    = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
)

// paste is the part of a body that sign_tool's lines are pasted into.
type paste map[string]string

// ticket is what sign_tool prints: issued age ago, valid for an hour.
func (b *bench) ticket(by auth.Signer, age time.Duration, machine string) paste {
	b.t.Helper()
	t, err := auth.NewTicket(now.Add(-age), time.Hour, machine)
	if err != nil {
		b.t.Fatal(err)
	}
	sign, err := auth.SignTicket(b.t.Context(), by, t)
	if err != nil {
		b.t.Fatal(err)
	}
	return paste{"wallet": by.Address(), "nonce": t.Nonce(), "sign": sign}
}

// session fetches an id by a ticket and signs it.
func (b *bench) session(by auth.Signer, ticket paste) paste {
	b.t.Helper()
	status, reply := b.post(api.PathSessionID, `{}`, ticket)
	var s api.Session
	if err := json.Unmarshal(reply.Message, &s); err != nil || status != 200 {
		b.t.Fatal(status, string(reply.Message), err)
	}
	sign, err := auth.SignSession(b.t.Context(), by, s.SessionID)
	if err != nil {
		b.t.Fatal(err)
	}
	return paste{"session_id": s.SessionID, "session_id_sign": sign}
}

func (b *bench) post(path, additional string, p paste) (int, api.Reply) {
	b.t.Helper()
	body := fmt.Sprintf(`{"peer_nodes_list":[%q],"additional":%s`, b.k.MachineID(), additional)
	for name, value := range p {
		body += fmt.Sprintf(`,%q:%q`, name, value)
	}
	return b.send(nil, http.MethodPost, path, body+"}", nil)
}

// young begins alice's rental a minute ago.
func young(m *machine) {
	r := m.word.Open[7]
	r.Start = now.Add(-time.Minute)
	m.word.Open[7] = r
}

func abroad(m *machine) {
	m.abroad = append(m.abroad, xrental.Rental{Id: 9, Renter: alice.Address(), MachineId: otherID})
}

func TestTickets(t *testing.T) {
	t.Parallel()
	plain := func(b *bench) paste { return b.ticket(alice, 0, "") }
	bound := func(b *bench) paste { return b.ticket(alice, 0, b.k.MachineID()) }
	for name, c := range map[string]struct {
		make   func(b *bench) paste
		world  func(m *machine)
		path   string
		status int
		code   api.Code
	}{
		"plain":                      {make: plain, status: 200},
		"create":                     {make: plain, path: api.PathTaskStart, status: 200},
		"show":                       {make: plain, path: api.PathTask + sampleTask, status: 200},
		"for this machine":           {make: bound, status: 200},
		"rents elsewhere, bound":     {make: bound, world: abroad, status: 200},
		"rents elsewhere":            {make: plain, world: abroad, status: 403, code: "TICKET_ELSEWHERE"},
		"older than the rental":      {make: func(b *bench) paste { return b.ticket(alice, 2*time.Minute, "") }, world: young, status: 403, code: "TICKET_OLD"},
		"older, bound":               {make: func(b *bench) paste { return b.ticket(alice, 2*time.Minute, b.k.MachineID()) }, world: young, status: 200},
		"younger than the rental":    {make: func(b *bench) paste { return b.ticket(alice, 30*time.Second, "") }, world: young, status: 200},
		"for another machine":        {make: func(b *bench) paste { return b.ticket(alice, 0, otherID) }, status: 403, code: "TICKET_MACHINE"},
		"expired":                    {make: func(b *bench) paste { return b.ticket(alice, time.Hour, "") }, status: 401, code: "TICKET_EXPIRED"},
		"of the future":              {make: func(b *bench) paste { return b.ticket(alice, -3*time.Minute, "") }, status: 401, code: "TICKET_EXPIRED"},
		"another's wallet":           {make: spoil(plain, "wallet", bob.Address()), status: 401, code: "AUTH_SIGNATURE"},
		"a stranger":                 {make: func(b *bench) paste { return b.ticket(bob, 0, "") }, status: 403, code: "NO_RENTAL"},
		"no wallet":                  {make: spoil(plain, "wallet", ""), status: 401, code: "AUTH_MALFORMED"},
		"no sign":                    {make: spoil(plain, "sign", ""), status: 401, code: "AUTH_MALFORMED"},
		"the original's uuid":        {make: spoil(plain, "nonce", "55t1bBAVZ9VTCvvKyRNKkA"), status: 401, code: "AUTH_MALFORMED"},
		"delete":                     {make: bound, path: api.PathTaskDelete + sampleTask, status: 403, code: "TICKET_RIGHTS"},
		"kept disks":                 {make: bound, path: api.PathTaskStart + "?kept", status: 403, code: "TICKET_RIGHTS"},
		"delete a disk":              {make: bound, path: api.PathDiskDelete + sampleTask, status: 403, code: "TICKET_RIGHTS"},
		"set a password":             {make: bound, path: api.PathTaskPasswd + sampleTask, status: 403, code: "TICKET_RIGHTS"},
		"open a console":             {make: bound, path: api.PathTaskConsole + sampleTask, status: 403, code: "TICKET_RIGHTS"},
		"session and ticket":         {make: func(b *bench) paste { p := plain(b); p["session_id"] = strings.Repeat("a", 64); return p }, status: 400, code: "BAD_REQUEST"},
		"an unknown session":         {make: func(*bench) paste { return paste{"session_id": strings.Repeat("a", 64)} }, status: 401, code: "NO_SESSION"},
		"a ticket as a session's id": {make: func(b *bench) paste { return paste{"session_id": plain(b)["nonce"]} }, status: 401, code: "AUTH_MALFORMED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if c.world != nil {
				c.world(b.m)
			}
			path, additional := c.path, `{}`
			if path == "" {
				path = api.PathTasks
			}
			if path, _, kept := strings.Cut(path, "?"); path == api.PathTaskStart {
				additional = start
				if kept {
					additional = `{"restore_task_id":"` + sampleTask + `","ssh_port":"5682"}`
				}
			}
			status, reply := b.post(path, additional, c.make(b))
			if status != c.status || reply.Code != c.code {
				t.Errorf("%d %s: %s", status, reply.Code, reply.Message)
			}
			if status != 200 && len(b.m.orders)+len(b.m.deleted) != 0 {
				t.Error("refused, yet something was done")
			}
		})
	}
}

func spoil(make func(b *bench) paste, field, value string) func(b *bench) paste {
	return func(b *bench) paste {
		p := make(b)
		p[field] = value
		return p
	}
}

func TestTicketWithAByteChanged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, field := range []string{"nonce", "sign"} {
		good := b.ticket(alice, 0, "")
		for i := range len(good[field]) {
			text := []byte(good[field])
			if text[i]++; text[i] == good[field][i] {
				continue
			}
			bad := paste{"wallet": good["wallet"], "nonce": good["nonce"], "sign": good["sign"]}
			bad[field] = string(text)
			if field == "sign" && strings.ContainsAny(bad[field], ":g") {
				bad[field] = strings.NewReplacer(":", "0", "g", "a").Replace(bad[field])
			}
			if status, reply := b.post(api.PathTasks, `{}`, bad); status != 401 {
				t.Fatalf("%s, byte %d: %d %s", field, i, status, reply.Message)
			}
		}
	}
}

func TestTicketIsGoodUntilItExpires(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ticket := b.ticket(alice, 59*time.Minute, "")
	for range 3 {
		if status, reply := b.post(api.PathTasks, `{}`, ticket); status != 200 {
			t.Fatal(string(reply.Message))
		}
	}
}

func TestTicketBesideTheHeader(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	body := fmt.Sprintf(`{"peer_nodes_list":[%q],"additional":{},"wallet":%q}`, b.k.MachineID(), bob.Address())
	if status, reply := b.send(alice, http.MethodPost, api.PathTasks, body, nil); status != 400 || reply.Code != "BAD_REQUEST" {
		t.Errorf("%d %s", status, reply.Message)
	}
}

func TestTicketOfOneRentalSeesNoYoungerOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	// Rental 8 began after the ticket was issued; its VM and password are not for it.
	r := b.m.word.Open[7]
	r.ID, r.Start = 8, now.Add(-time.Minute)
	b.m.word.Open[8] = r
	task := sample(r)
	task.ID = "11111111111111111111"
	b.m.tasks[task.ID] = task
	ticket := b.ticket(alice, 2*time.Minute, "")
	if status, reply := b.post(api.PathTask+task.ID, `{}`, ticket); status != 404 || reply.Code != "TASK_NOT_FOUND" {
		t.Errorf("show: %d %s", status, reply.Message)
	}
	if _, reply := b.post(api.PathTasks, `{}`, ticket); strings.Contains(string(reply.Message), task.ID) {
		t.Errorf("list: %s", reply.Message)
	}
	if status, reply := b.post(api.PathTaskStart, strings.Replace(start, "{", `{"rent_order":"8",`, 1), ticket); status != 400 {
		t.Errorf("create: %d %s", status, reply.Message)
	}
}

func TestSession(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(b *bench, session paste)
		path   string
		status int
		code   api.Code
	}{
		"as it should be":   {status: 200},
		"with the wallet":   {change: func(_ *bench, p paste) { p["wallet"] = alice.Address() }, status: 200},
		"delete":            {path: api.PathTaskDelete + sampleTask, status: 403, code: "TICKET_RIGHTS"},
		"another session":   {path: api.PathSessionID, status: 401, code: "AUTH_MISSING"},
		"another's wallet":  {change: func(_ *bench, p paste) { p["wallet"] = bob.Address() }, status: 401, code: "AUTH_SIGNATURE"},
		"another's sign":    {change: func(b *bench, p paste) { p["session_id_sign"], _ = bob.Sign(b.t.Context(), p["session_id"]) }, status: 401, code: "AUTH_SIGNATURE"},
		"no sign":           {change: func(_ *bench, p paste) { delete(p, "session_id_sign") }, status: 401, code: "AUTH_MALFORMED"},
		"rents elsewhere":   {change: func(b *bench, _ paste) { abroad(b.m) }, status: 403, code: "TICKET_ELSEWHERE"},
		"its rental ended":  {change: func(b *bench, _ paste) { again(b.m) }, status: 403, code: "NO_RENTAL"},
		"past the ticket's": {change: func(b *bench, p paste) { expire(b.m, p) }, status: 401, code: "NO_SESSION"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			session := b.session(alice, b.ticket(alice, 0, ""))
			if c.change != nil {
				c.change(b, session)
			}
			path := c.path
			if path == "" {
				path = api.PathTask + sampleTask
			}
			if status, reply := b.post(path, `{}`, session); status != c.status || reply.Code != c.code {
				t.Errorf("%d %s: %s", status, reply.Code, reply.Message)
			}
		})
	}
}

// again ends rental 7; alice rents the machine anew as 8.
func again(m *machine) {
	r := m.word.Open[7]
	r.ID = 8
	delete(m.word.Open, 7)
	m.word.Open[8] = r
}

func expire(m *machine, p paste) {
	m.sessions[p["session_id"]] = journal.Session{ID: p["session_id"], Expires: now}
}

func TestSessionIDNeedsATicket(t *testing.T) {
	t.Parallel()
	if status, reply := newBench(t).ask(alice, api.PathSessionID, `{}`, nil); status != 401 || reply.Code != "AUTH_MISSING" {
		t.Errorf("%d %s", status, reply.Message)
	}
}

func TestTicketGolden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path, additional string
		world            func(m *machine)
		status           int
	}{
		"ticket-create":    {api.PathTaskStart, start, nil, 200},
		"ticket-delete":    {api.PathTaskDelete + sampleTask, `{}`, nil, 403},
		"ticket-elsewhere": {api.PathTasks, `{}`, abroad, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if c.world != nil {
				c.world(b.m)
			}
			status, reply := b.post(c.path, c.additional, b.ticket(alice, 0, ""))
			if status != c.status {
				t.Errorf("status %d", status)
			}
			golden(t, name, reply, b.k.MachineID())
		})
	}
}
