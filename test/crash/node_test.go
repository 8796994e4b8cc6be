package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

// nodeEnv holds the settings of a node in JSON. If it is set, this program runs
// as that node.
const nodeEnv = "DBC_CRASH_NODE"

func TestMain(m *testing.M) {
	text := os.Getenv(nodeEnv)
	if text == "" {
		os.Exit(m.Run())
	}
	var s settings
	err := json.Unmarshal([]byte(text), &s)
	if err == nil {
		err = run(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var (
	binding  = names.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"} // RFC 8032, test 2
	guestNet = netip.MustParsePrefix("10.96.0.0/24")
	facts    = machine.Facts{Slots: []machine.Slot{{Kind: machine.SLOT_KIND_NONE}}, CpuCores: 2, MemoryMib: 2048, DataDiskGib: 100}
)

// renter is the wallet of key 1.
var renter = auth.NewSigner(secp256k1.PrivKeyFromBytes([]byte{1})).Address()

const (
	owner  = "crash.aa"
	period = time.Second
)

// settings are what differs between the nodes of this test.
type settings struct {
	Socket, Data, Journal, Ledger string
	// Kill is the moment at which it kills itself, or "" for never.
	Kill string
	// Order is created at once if the journal has no task: image and host port.
	Image string
	Port  uint16
	// Ready assumes that a guest's SSH server is up, for guests without one.
	Ready bool
	// Room overrides the free disk space; 0 means the actual one.
	Room uint64
	// Helper is the socket of a node in two processes, or "" for one. Serve
	// makes this process the helper for the node of UID.
	Helper string
	Serve  bool
	UID    int
}

// report is a line of the node's output.
type report struct {
	Refused string         `json:"refused,omitempty"`
	Tasks   []journal.Task `json:"tasks"`
	// Reached is what a node without privileges could access although it should
	// not.
	Reached []string `json:"reached,omitempty"`
}

func run(s settings) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if s.Serve {
		return serve(ctx, s, log)
	}
	j, err := journal.Open(s.Journal, binding)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	p, end, err := open(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	h := host.New(host.Config{
		Binding: binding, DataDir: s.Data, PublicIP: netip.MustParseAddr("127.0.0.1"),
		GuestCIDR: guestNet, GuestDNS: []netip.Addr{netip.MustParseAddr("9.9.9.9")}, Period: period, ReadyWithin: 5 * time.Minute, Here: facts,
	}, host.Deps{
		Journal: j, Driver: p, Images: image.Open(filepath.Join(s.Data, "images")), Files: p, Net: p,
		Rentals: ledger{s.Ledger}, Computer: computer{host.Local{}, killer{s.Kill}, s.Ready, s.Room}, Log: log,
	})
	if err := order(ctx, h, j, s); err != nil {
		return json.NewEncoder(os.Stdout).Encode(report{Refused: err.Error()})
	}
	var telling sync.WaitGroup
	telling.Go(func() { tell(ctx, j, s) })
	err = h.Run(ctx)
	telling.Wait()
	return err
}

func netConfig() network.Config {
	return network.Config{Bridge: binding.Bridge(), CIDR: guestNet, Published: netip.MustParseAddr("127.0.0.1")}
}

func order(ctx context.Context, h *host.Host, j *journal.Journal, s settings) error {
	tasks, err := j.Tasks()
	if err != nil || len(tasks) > 0 || s.Image == "" {
		return err
	}
	_, err = h.Create(ctx, host.Order{
		Rental: ledger{s.Ledger}.read().Open[1], Image: s.Image, GPUs: host.All, CPUs: 2, MemoryMiB: 256,
		Ports: []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Host: s.Port, Guest: 22}},
	})
	return err
}

// tell writes the journal's tasks for the test, ten times a second.
func tell(ctx context.Context, j *journal.Journal, s settings) {
	out := json.NewEncoder(os.Stdout)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if tasks, err := j.Tasks(); err == nil {
			_ = out.Encode(report{Tasks: tasks, Reached: reached(s, tasks)})
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// word is the chain state that the test sets.
type word struct {
	Silent bool
	Open   map[uint64]trust.Rental
	Over   map[uint64]journal.Over
}

// ledger is the chain's state in a file, which the test replaces atomically.
type ledger struct{ path string }

var _ host.Rentals = ledger{}

func (l ledger) read() (w word) {
	text, err := os.ReadFile(l.path)
	if err != nil || json.Unmarshal(text, &w) != nil {
		return word{Silent: true}
	}
	return w
}

func (l ledger) Word() trust.Word {
	w := l.read()
	said := trust.Word{Height: 1, Time: time.Now(), Open: w.Open}
	if w.Silent {
		said.Doubt = trust.ErrSilent
	}
	return said
}

func (l ledger) Refresh(context.Context) trust.Word { return l.Word() }

func (l ledger) Over(_ context.Context, id uint64) (journal.Over, error) {
	if over, ok := l.read().Over[id]; ok {
		return over, nil
	}
	return journal.Over{}, trust.ErrOpen
}

func (l ledger) Facts(context.Context) (machine.Facts, error) { return facts, nil }

var _ vm.Driver = dying{}
