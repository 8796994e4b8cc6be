package api_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// machine is a fake of everything behind the API.
type machine struct {
	tasks   map[string]journal.Task
	orders  []host.Order
	log     string
	refuse  error
	word    trust.Word
	problem *api.Problem
	reasons []api.HealthReason
	later   *trust.Word
	// changed replaces a channel that is never closed.
	changed func() <-chan struct{}
	deleted []string
	asked   []string
	// listed counts the questions after images; Tasks waits where wait is set.
	listed atomic.Int64
	// cards are the slots with real GPUs.
	cards []host.Slot
	// looked counts the questions after cards, and those after the computer that failed.
	looked atomic.Int64
	// unreadable is why the computer cannot be read.
	unreadable error
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

func (m *machine) Changed() <-chan struct{} {
	if m.changed != nil {
		return m.changed()
	}
	return nil
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
		if t.Rental.Renter == wallet {
			list = append(list, t)
		}
	}
	return list, nil
}

func (m *machine) Keepers() (map[string]bool, error) {
	m.read.Add(1)
	wallets := map[string]bool{}
	for _, t := range m.tasks {
		if !t.Keep.Until.IsZero() {
			wallets[t.Rental.Renter] = true
		}
	}
	return wallets, nil
}

func (m *machine) Task(wallet, id string) (journal.Task, error) {
	t, ok := m.tasks[id]
	if !ok || t.Rental.Renter != wallet {
		return t, &api.Refusal{Kind: host.ErrNotFound, Field: "task_id", Value: id, Limit: "a task of yours"}
	}
	return t, nil
}

func (m *machine) Delete(who trust.Caller, id string) error {
	if _, err := m.Task(who.Wallet(), id); err != nil {
		return err
	}
	m.deleted = append(m.deleted, fmt.Sprint(id, ids(who)))
	return nil
}

func (m *machine) Operate(who trust.Caller, id string, op lifecycle.Request) error {
	if _, err := m.Task(who.Wallet(), id); err != nil {
		return err
	}
	m.asked = append(m.asked, fmt.Sprint(op, " ", ids(who)))
	return m.refuse
}

func (m *machine) Modify(_ context.Context, who trust.Caller, id string, c host.Change) error {
	if _, err := m.Task(who.Wallet(), id); err != nil {
		return err
	}
	m.asked = append(m.asked, fmt.Sprintf("modify %v %+v", ids(who), c))
	return m.refuse
}

func (m *machine) Log(who trust.Caller, id string, tail bool, lines int) (string, error) {
	if _, err := m.Task(who.Wallet(), id); err != nil {
		return "", err
	}
	m.asked = append(m.asked, fmt.Sprint("log ", ids(who), tail, lines))
	if m.log != "" {
		return m.log, m.refuse
	}
	return "a <line>", m.refuse
}

func (m *machine) note(wallet, id, format string, args ...any) error {
	if _, err := m.Task(wallet, id); err != nil {
		return err
	}
	m.asked = append(m.asked, fmt.Sprintf(format, args...))
	return m.refuse
}

func (m *machine) SetPassword(ctx context.Context, who trust.Caller, id, user string, password journal.Secret) error {
	m.hear(ctx)
	return m.note(who.Wallet(), id, "password %v %s, of %d", ids(who), user, len(password))
}

func (m *machine) AddDisk(_ context.Context, who trust.Caller, id string, gib uint64) (string, error) {
	return "vdc", m.note(who.Wallet(), id, "add %v %d", ids(who), gib)
}

func (m *machine) ResizeDisk(_ context.Context, who trust.Caller, id, name string, gib uint64) error {
	return m.note(who.Wallet(), id, "resize %v %s %d", ids(who), name, gib)
}

func (m *machine) DeleteDisk(_ context.Context, who trust.Caller, id, name string) error {
	return m.note(who.Wallet(), id, "delete %v %s", ids(who), name)
}

func (m *machine) Console(ctx context.Context, who trust.Caller, id string) (net.Conn, error) {
	m.hear(ctx)
	return m.connect("console", who, id)
}

func (m *machine) VNC(ctx context.Context, who trust.Caller, id string) (net.Conn, error) {
	m.hear(ctx)
	return m.connect("vnc", who, id)
}

func (m *machine) Forward(_ context.Context, who trust.Caller, id string, port uint16) (net.Conn, error) {
	return m.connect(fmt.Sprint("forward ", port), who, id)
}

// connect is to a guest that echoes.
func (m *machine) connect(what string, who trust.Caller, id string) (net.Conn, error) {
	if _, err := m.Task(who.Wallet(), id); err != nil {
		return nil, err
	}
	if m.refuse != nil {
		return nil, m.refuse
	}
	m.asked = append(m.asked, fmt.Sprint(what, ids(who)))
	guest, caller := net.Pipe()
	go func() { _, _ = io.Copy(guest, guest) }()
	return caller, nil
}

func (m *machine) Used() (host.Amount, []uint32, error) {
	return host.Amount{CPUs: 2, MemoryMiB: 512}, []uint32{1}, nil
}

func (m *machine) Slots(context.Context) ([]host.Slot, error) { return m.cards, nil }

func (m *machine) Word() trust.Word { return m.word }

func (m *machine) Fresh(context.Context) trust.Word {
	if m.later != nil {
		m.word = *m.later
	}
	return m.word
}

func (m *machine) ListWithin(context.Context, time.Duration) ([]image.Image, error) {
	m.listed.Add(1)
	return []image.Image{{Name: "tiny.qcow2", Size: 19 << 20, Manifest: &image.Manifest{
		Digest: strings.Repeat("0a", 32), OS: "ubuntu", Version: "24.04", Kernel: "6.8.0-151-generic",
		Driver: &image.Driver{Vendor: "nvidia", Version: "580.178.04", Open: true}, Contents: []image.Content{{Package: "rsync", Version: "3.2.7"}},
		Login: "dbc", CloudInit: true, Firmware: []string{"bios", "uefi"}, MinDiskGiB: 6, Licences: []image.Licence{image.LicenceNVIDIA}, Texts: "/usr/share/doc/*/copyright",
	}}}, nil
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
		ID:      "3mJr7AoUXx2Wqd4yHw9kPz",
		Rental:  journal.Rental{ID: r.ID, Renter: r.Renter, End: now.Add(30 * time.Minute)},
		Created: now.Add(-time.Minute),
		Desc:    "a <b> & c",
		Progress: journal.Progress{State: lifecycle.Running, Steps: []journal.Step{
			{Name: "reserve", State: journal.StepDone, Started: now.Add(-time.Minute)},
			{Name: "disk", State: journal.StepDone, Started: now.Add(-time.Minute), Took: 1500 * time.Millisecond},
			{Name: "seed", State: journal.StepBegun, Started: now},
			{Name: "network"},
		}},
		Disks:    journal.Disks{Image: journal.Image{Name: "tiny.qcow2"}, System: journal.Disk{GiB: 10}, Data: []journal.Disk{{Name: "vdb", GiB: 20}}},
		Wanted:   journal.Wanted{CPUs: 2, MemoryMiB: 1024, GPUs: 1},
		Identity: journal.Identity{HostKeyPublic: "ssh-ed25519 AAAA", Cards: []journal.Card{{MAC: "52:54:00:12:34:56", Tap: "dbc-1"}}},
		Network:  journal.Network{Ports: []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Host: 5682, Guest: 22}}, Addr: netip.MustParseAddr("172.31.224.2")},
		Login:    journal.Login{User: "dbc", Password: "made-for-this-test"},
	}
}

// ids returns the rentals that a caller acts for.
func ids(who trust.Caller) []uint64 {
	ids := []uint64{}
	for _, r := range who.Rentals() {
		ids = append(ids, r.ID)
	}
	return ids
}
