package api_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/trust"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// machine is a fake of everything behind the API.
type machine struct {
	tasks   map[string]journal.Task
	orders  []host.Order
	refuse  error
	word    trust.Word
	problem *chain.Problem
	later   *trust.Word
	deleted []string
	asked   []string
	// listed counts the questions after images; Tasks waits where wait is set.
	listed atomic.Int64
	// read counts how often all tasks were read.
	read  atomic.Int64
	waits chan<- struct{}
	wait  chan struct{}

	mu sync.Mutex
	// proofs are of the requests that reached it.
	proofs   []auth.Proof
	replayed map[string]bool
	// abroad are open rentals of other machines; sessions is the journal's part.
	abroad   []xrental.Rental
	sessions map[string]journal.Session
}

func (m *machine) RentalsByRenter(
	_ context.Context, req xrental.QueryRentalsByRenterRequest,
) (*xrental.QueryRentalsByRenterResponse, error) {
	res := &xrental.QueryRentalsByRenterResponse{}
	for _, r := range m.abroad {
		if r.Renter == req.Renter && req.OpenOnly {
			res.Rentals = append(res.Rentals, r)
		}
	}
	return res, nil
}

func (m *machine) KeepSession(s journal.Session, _ time.Time) error {
	m.sessions[s.ID] = s
	return nil
}

func (m *machine) Session(id string, now time.Time) (journal.Session, error) {
	s, ok := m.sessions[id]
	if !ok || !now.Before(s.Expires) {
		return s, journal.ErrNoSession
	}
	return s, nil
}

func (m *machine) Create(ctx context.Context, o host.Order) (journal.Task, error) {
	m.orders = append(m.orders, o)
	m.hear(ctx)
	if m.refuse != nil {
		return journal.Task{}, m.refuse
	}
	return sample(o.Rental), nil
}

// hear keeps the request on whose behalf something is done.
func (m *machine) hear(ctx context.Context) {
	if p, ok := auth.ProofFrom(ctx); ok {
		m.proofs = append(m.proofs, p)
	}
}

func (m *machine) Tasks(wallet string) (list []journal.Task, err error) {
	m.read.Add(1)
	if m.wait != nil {
		select {
		case m.waits <- struct{}{}:
		case <-m.wait:
		}
		<-m.wait
	}
	for _, t := range m.tasks {
		if t.Renter == wallet {
			list = append(list, t)
		}
	}
	return list, nil
}

func (m *machine) Keepers() (map[string]bool, error) {
	m.read.Add(1)
	wallets := map[string]bool{}
	for _, t := range m.tasks {
		if !t.KeepUntil.IsZero() {
			wallets[t.Renter] = true
		}
	}
	return wallets, nil
}

func (m *machine) Task(wallet, id string) (journal.Task, error) {
	t, ok := m.tasks[id]
	if !ok || t.Renter != wallet {
		return t, &host.Refusal{Kind: host.ErrNotFound, Field: "task_id", Value: id, Limit: "a task of yours"}
	}
	return t, nil
}

func (m *machine) Delete(wallet string, rentals []uint64, id string) error {
	if _, err := m.Task(wallet, id); err != nil {
		return err
	}
	m.deleted = append(m.deleted, fmt.Sprint(id, rentals))
	return nil
}

func (m *machine) Operate(wallet string, rentals []uint64, id string, op lifecycle.Request) error {
	if _, err := m.Task(wallet, id); err != nil {
		return err
	}
	m.asked = append(m.asked, fmt.Sprint(op, " ", rentals))
	return m.refuse
}

func (m *machine) Modify(_ context.Context, wallet string, rentals []uint64, id string, c host.Change) error {
	if _, err := m.Task(wallet, id); err != nil {
		return err
	}
	m.asked = append(m.asked, fmt.Sprintf("modify %v %+v", rentals, c))
	return m.refuse
}

func (m *machine) Log(wallet string, rentals []uint64, id string, tail bool, lines int) (string, error) {
	if _, err := m.Task(wallet, id); err != nil {
		return "", err
	}
	m.asked = append(m.asked, fmt.Sprint("log ", rentals, tail, lines))
	return "a <line>", m.refuse
}

func (m *machine) note(wallet, id, format string, args ...any) error {
	if _, err := m.Task(wallet, id); err != nil {
		return err
	}
	m.asked = append(m.asked, fmt.Sprintf(format, args...))
	return m.refuse
}

func (m *machine) SetPassword(ctx context.Context, wallet string, rentals []uint64, id, user string, password journal.Secret) error {
	m.hear(ctx)
	return m.note(wallet, id, "password %v %s, of %d", rentals, user, len(password))
}

func (m *machine) AddDisk(_ context.Context, wallet string, rentals []uint64, id string, gib uint64) (string, error) {
	return "vdc", m.note(wallet, id, "add %v %d", rentals, gib)
}

func (m *machine) ResizeDisk(_ context.Context, wallet string, rentals []uint64, id, name string, gib uint64) error {
	return m.note(wallet, id, "resize %v %s %d", rentals, name, gib)
}

func (m *machine) DeleteDisk(_ context.Context, wallet string, rentals []uint64, id, name string) error {
	return m.note(wallet, id, "delete %v %s", rentals, name)
}

func (m *machine) Console(ctx context.Context, wallet string, rentals []uint64, id string) (net.Conn, error) {
	m.hear(ctx)
	return m.connect("console", wallet, rentals, id)
}

func (m *machine) VNC(ctx context.Context, wallet string, rentals []uint64, id string) (net.Conn, error) {
	m.hear(ctx)
	return m.connect("vnc", wallet, rentals, id)
}

func (m *machine) Forward(_ context.Context, wallet string, rentals []uint64, id string, port uint16) (net.Conn, error) {
	return m.connect(fmt.Sprint("forward ", port), wallet, rentals, id)
}

// connect is to a guest that echoes.
func (m *machine) connect(what, wallet string, rentals []uint64, id string) (net.Conn, error) {
	if _, err := m.Task(wallet, id); err != nil {
		return nil, err
	}
	if m.refuse != nil {
		return nil, m.refuse
	}
	m.asked = append(m.asked, fmt.Sprint(what, rentals))
	guest, caller := net.Pipe()
	go func() { _, _ = io.Copy(guest, guest) }()
	return caller, nil
}

func (m *machine) Used() (host.Amount, int, error) {
	return host.Amount{CPUs: 2, MemoryMiB: 512}, 1, nil
}

func (m *machine) Word() trust.Word { return m.word }

func (m *machine) Fresh(context.Context) trust.Word {
	if m.later != nil {
		m.word = *m.later
	}
	return m.word
}

func (m *machine) List(context.Context) ([]image.Image, error) {
	m.listed.Add(1)
	return []image.Image{{Name: "tiny.qcow2", Size: 19 << 20}}, nil
}

func (m *machine) Use(_ context.Context, wallet, nonce string, _, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.replayed[wallet+nonce] {
		return auth.ErrReplayed
	}
	m.replayed[wallet+nonce] = true
	return nil
}

func sample(r trust.Rental) journal.Task {
	return journal.Task{
		ID: "3mJr7AoUXx2Wqd4yHw9kPz", RentID: r.ID, Renter: r.Renter, Created: now.Add(-time.Minute), Desc: "a <b> & c",
		Status: lifecycle.Running, Image: "tiny.qcow2", CPUs: 2, MemoryMiB: 1024, GPUs: 1, SystemGiB: 10, Disks: []journal.Disk{{Name: "vdb", GiB: 20}}, MAC: "52:54:00:12:34:56", Tap: "dbc-1",
		Ports: []journal.Port{{Protocol: "tcp", Host: 5682, Guest: 22}}, Addr: netip.MustParseAddr("172.31.224.2"),
		User: "dbc", Password: "made-for-this-test", HostKeyPublic: "ssh-ed25519 AAAA",
		Steps: []journal.Step{
			{Name: "reserve", State: journal.StepDone, Started: now.Add(-time.Minute)},
			{Name: "disk", State: journal.StepDone, Started: now.Add(-time.Minute), Took: 1500 * time.Millisecond},
			{Name: "seed", State: journal.StepBegun, Started: now},
			{Name: "network"},
		},
		RentEnd: now.Add(30 * time.Minute),
	}
}
