package host

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	guestsfake "github.com/dbc-network/dbc/node/guests/fake"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/fake"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	alice = "dbc1alice"
	bob   = "dbc1bob"
	// aKey is a public key made for these tests.
	aKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHM0iyFlX5UCiAIvXXvDr6WqLA4KOdNbtUSTgm4T8iHV"
)

var bound = names.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"}

// ledger is a chain in memory.
type ledger struct {
	mu    sync.Mutex
	doubt error
	open  map[uint64]trust.Rental
	over  map[uint64]journal.Over
	facts machine.Facts
}

func (l *ledger) Word() trust.Word {
	l.mu.Lock()
	defer l.mu.Unlock()
	return trust.Word{Doubt: l.doubt, Height: 1, Time: time.Now(), Open: maps.Clone(l.open)}
}

func (l *ledger) Refresh(context.Context) trust.Word { return l.Word() }

func (l *ledger) Over(_ context.Context, id uint64) (journal.Over, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	over, ok := l.over[id]
	if !ok {
		return over, trust.ErrOpen
	}
	return over, nil
}

func (l *ledger) Facts(context.Context) (machine.Facts, error) { return l.facts, nil }

func (l *ledger) rent(id uint64, renter string, length time.Duration, slots ...uint32) trust.Rental {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := trust.Rental{
		ID: id, Renter: renter, Slots: slots, State: rental.StateActive,
		Start: time.Now(), End: time.Now().Add(length), Deadline: time.Now().Add(time.Hour),
	}
	l.open[id] = r
	return r
}

// try rents a slot on trial, to be confirmed within a window.
func (l *ledger) try(id uint64, renter string, length, window time.Duration) trust.Rental {
	r := l.rent(id, renter, length, 0)
	l.mu.Lock()
	defer l.mu.Unlock()
	r.State, r.Deadline = rental.StateTrial, r.Start.Add(window)
	l.open[id] = r
	return r
}

func (l *ledger) end(id uint64, refunded bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, id)
	l.over[id] = journal.Over{At: time.Now(), Refunded: refunded, Reason: notice.New(notice.RentalEnded)}
}

func (l *ledger) disbelieve(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doubt = err
}

// images makes empty files for disks. While other is set, the images have other
// content than before.
type images struct{ other *atomic.Bool }

func (images) Find(_ context.Context, name string) (image.Image, error) {
	if name != "tiny.qcow2" {
		return image.Image{}, image.ErrNotFound
	}
	return image.Image{Name: name, Path: "/images/" + name, Format: "qcow2", VirtualSize: 1 << 30}, nil
}

func (i images) Digest(context.Context, string) (string, error) {
	if i.other != nil && i.other.Load() {
		return strings.Repeat("0", len(imageDigest)), nil
	}
	return imageDigest, nil
}

// imageDigest is the SHA-256 of nothing.
const imageDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func (images) Overlay(_ context.Context, _ image.Image, path string, _ int64) error {
	return os.WriteFile(path, nil, 0o600)
}

// box is a computer whose guests answer when ready says so.
type box struct {
	mu    sync.Mutex
	ready error
	taken uint16
	// free is the disk's room in GiB.
	free  uint64
	pages []hw.Pages
}

func (b *box) Ready(context.Context, netip.Addr) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ready
}

func (b *box) PortFree(_ string, port uint16) bool { return port != b.taken }
func (b *box) FreeGiB(string) (uint64, error)      { return b.free, nil }

func (b *box) HugePages(context.Context) ([]hw.Pages, error) { return b.pages, nil }

// world is everything around a host; like libvirt, it outlives the host.
type world struct {
	t      *testing.T
	dir    string
	path   string
	ledger *ledger
	driver *fake.Driver
	guests *guestsfake.Guests
	box    *box
	// otherImage is set when the images' files were replaced.
	otherImage atomic.Bool
	shelf      *shelf
	journal    *journal.Journal
	host       *Host
	stop       func()
}

// twoSlots is a machine of 8 CPUs and two slots.
var twoSlots = machine.Facts{
	Slots:    []machine.Slot{{Kind: machine.SLOT_KIND_TEST, GpuType: "Test GPU", GpuCount: 1}, {Kind: machine.SLOT_KIND_TEST, GpuType: "Test GPU", GpuCount: 1}},
	CpuCores: 8, MemoryMib: 8000, DataDiskGib: 100,
}

// tenCPUs are five cores with two threads each, of which the host keeps the first.
var tenCPUs = Divide(threaded(10, 1), 2)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, dir: t.TempDir(), driver: fake.New(), box: &box{free: 1000}, shelf: &shelf{},
		ledger: &ledger{open: map[uint64]trust.Rental{}, over: map[uint64]journal.Over{}, facts: twoSlots},
	}
	w.path = filepath.Join(w.dir, "journal.db")
	w.guests = guestsfake.New(bound, w.driver, w.dir, images{}.Overlay)
	return w
}

// boot opens the journal and runs a host on it. wrap may replace its steps.
func (w *world) boot(wrap func(step) step) {
	w.t.Helper()
	var err error
	if w.journal, err = journal.Open(w.path, bound); err != nil {
		w.t.Fatal(err)
	}
	w.host = New(Config{
		Binding: bound, DataDir: w.dir, PublicIP: netip.MustParseAddr("127.0.0.1"),
		GuestCIDR: netip.MustParsePrefix("10.9.0.0/24"), GuestDNS: []netip.Addr{netip.MustParseAddr("9.9.9.9")},
		Period: 5 * time.Second, ReadyWithin: time.Minute, Here: twoSlots,
		Layout: tenCPUs, Numbers: w.shelf.find,
	}, Deps{
		Journal: w.journal, Driver: w.guests, Images: images{&w.otherImage}, Files: w.guests, Net: w.guests, Rentals: w.ledger,
		Computer: w.box, Cards: w.shelf, Log: slog.New(slog.DiscardHandler),
	})
	if wrap != nil {
		w.host.steps = slices.Clone(steps)
		for i, s := range w.host.steps {
			w.host.steps[i] = wrap(s)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	h, j := w.host, w.journal
	go func() { done <- h.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
		if err := j.Close(); err != nil {
			w.t.Error(err)
		}
	})
}

// snapshot copies the journal as it is on disk now, which is what a killed
// process leaves behind.
func (w *world) snapshot(n int) string {
	w.t.Helper()
	path := filepath.Join(w.dir, fmt.Sprintf("journal-%d.db", n))
	if err := copyDB(w.path, path); err != nil {
		w.t.Error(err)
	}
	return path
}

func copyDB(from, to string) error {
	// bbolt locks the file of a running journal, so its bytes are copied: each
	// commit is synced and complete before Update returns, and no other operation
	// of these tests writes at the same time.
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		return err
	}
	db, err := bbolt.Open(to, 0o600, nil)
	if err != nil {
		return err
	}
	return db.Close()
}

func (w *world) order(r trust.Rental, port uint16) Order {
	return Order{
		Rental: r, Image: "tiny.qcow2", GPUs: All, CPUs: 2, MemoryMiB: 512, AuthorizedKeys: []string{aKey},
		Ports: []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Host: port, Guest: 22}},
	}
}

func (w *world) create(o Order) journal.Task {
	w.t.Helper()
	t, err := w.host.Create(context.Background(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

// settle lets d pass, with everything that happens in it.
func settle(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // made-up time of a synctest bubble
	synctest.Wait()
}

func (w *world) task(id string) journal.Task {
	w.t.Helper()
	t, err := w.journal.Task(id)
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

func (w *world) domain(id vm.UUID) vm.State {
	d, err := w.driver.Get(context.Background(), id)
	if err != nil {
		return ""
	}
	return d.State
}

// empty checks that nothing of any task is left anywhere.
func (w *world) empty() {
	w.t.Helper()
	tasks, err := w.journal.Tasks()
	if err != nil || len(tasks) != 0 {
		w.t.Errorf("%d tasks are left, %v", len(tasks), err)
	}
	domains, err := w.driver.List(context.Background())
	if err != nil || len(domains) != 0 {
		w.t.Errorf("%d domains are left, %v", len(domains), err)
	}
	if n := len(w.guests.Connections()); n != 0 {
		w.t.Errorf("%d bindings are left", n)
	}
	entries, err := os.ReadDir(filepath.Join(w.dir, "tasks"))
	if err == nil && len(entries) != 0 {
		w.t.Errorf("%d folders are left", len(entries))
	}
}

// file returns one of a task's files.
func (w *world) file(t journal.Task, name string) string {
	return filepath.Join(taskdir.Dir(w.dir), folder(t), name)
}

// as returns a caller with rentals, as a request of its wallet would have it.
func as(wallet string, rentals ...uint64) trust.Caller {
	word := trust.Word{Open: map[uint64]trust.Rental{}}
	for _, id := range rentals {
		word.Open[id] = trust.Rental{ID: id, Renter: wallet}
	}
	return word.Caller(wallet)
}
