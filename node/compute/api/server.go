// Package api answers the routes of a compute node, which package api at the root
// describes.
package api

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/compute/console"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/node/key"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Config is what an API answers for.
type Config struct {
	Key     key.Key
	ChainID string
	Version string
	// Listen is where it answers; Hosts are further names that a Host header
	// may have, Origins the web pages that may ask.
	Listen  netip.AddrPort
	Hosts   []string
	Origins []string

	PublicIP            netip.Addr
	PortFirst, PortLast uint16
	// Capacity is the machine's after the host's reserve, for its details.
	Capacity host.Capacity
	// GPUType of its slots, "" without GPUs.
	GPUType string
}

// Host keeps the VMs.
type Host interface {
	Create(ctx context.Context, o host.Order) (journal.Task, error)
	Tasks(wallet string) ([]journal.Task, error)
	// Keepers are the wallets that have kept disks here.
	Keepers() (map[string]bool, error)
	Task(wallet, id string) (journal.Task, error)
	// Changed returns a channel that is closed when a task is written next.
	Changed() <-chan struct{}
	Delete(who trust.Caller, id string) error
	Operate(who trust.Caller, id string, op lifecycle.Request) error
	Modify(ctx context.Context, who trust.Caller, id string, c host.Change) error
	Log(who trust.Caller, id string, tail bool, lines int) (string, error)
	SetPassword(ctx context.Context, who trust.Caller, id, user string, password journal.Secret) error
	AddDisk(ctx context.Context, who trust.Caller, id string, gib uint64) (name string, err error)
	ResizeDisk(ctx context.Context, who trust.Caller, id, name string, gib uint64) error
	DeleteDisk(ctx context.Context, who trust.Caller, id, name string) error
	Console(ctx context.Context, who trust.Caller, id string) (net.Conn, error)
	VNC(ctx context.Context, who trust.Caller, id string) (net.Conn, error)
	Forward(ctx context.Context, who trust.Caller, id string, port uint16) (net.Conn, error)
}

// Usage is what VMs hold now.
type Usage interface {
	Used() (amount host.Amount, slots []uint32, err error)
	// Slots are those with real GPUs.
	Slots(ctx context.Context) ([]host.Slot, error)
}

// Rentals is what the chain is believed to say.
type Rentals interface {
	Word() trust.Word
	// Fresh is a word of after the call began, or of as late as ctx allows.
	Fresh(ctx context.Context) trust.Word
}

// Renters knows what a wallet rents on any machine.
type Renters interface {
	RentalsByRenter(
		ctx context.Context, req xrental.QueryRentalsByRenterRequest,
	) (*xrental.QueryRentalsByRenterResponse, error)
}

// SessionIDs remembers the ids of PathSessionID over restarts.
type SessionIDs interface {
	// KeepSession is repeatable; ErrSessions where the rental has too many.
	KeepSession(s journal.Session, now time.Time) error
	// Session is journal.ErrNoSession where there is none, or it is over.
	Session(id string, now time.Time) (journal.Session, error)
}

var (
	_ Renters    = (*chain.Client)(nil)
	_ SessionIDs = (*journal.Journal)(nil)
)

// Images lists guest images.
type Images interface {
	ListWithin(ctx context.Context, limit time.Duration) ([]image.Image, error)
}

// Observer is told the code of every answer, "" for one that went well.
type Observer interface {
	Answered(code string)
}

// Deps are the parts that an API works with.
type Deps struct {
	Host    Host
	Usage   Usage
	Rentals Rentals
	Images  Images
	Replay  auth.Replay
	// Renters and Sessions are for tickets.
	Renters  Renters
	Sessions SessionIDs
	// Grants are the sessions of PathSessionCreate.
	Grants Grants
	// Inventory reads the computer.
	Inventory func(ctx context.Context) (hw.Inventory, error)
	// Cards returns the JSON of PathInventory.
	Cards func(ctx context.Context) ([]byte, error)
	Log   *slog.Logger
	// Now is time.Now where nil; golden tests set it.
	Now func() time.Time
	// Observer may be nil.
	Observer Observer
	// Problem is what is wrong with the chain by what was seen last; nil where
	// nobody looks.
	Problem func() *api.Problem
	// Health returns why the node should not be relied on; nil means that nobody looks.
	Health func(ctx context.Context) []api.HealthReason
	// Welcome is told the RemoteAddr of every request that was authorised; it may be nil.
	Welcome func(remote string)
}

// Server answers the API's routes.
type Server struct {
	cfg      Config
	deps     Deps
	verifier auth.Verifier
	hub      *console.Hub

	admission *admission
	details   details

	inventories inventories
	keepers     keepers

	// closing ends what waits.
	closing  chan struct{}
	closeAll func()
}

// New is a server for http.Server.
func New(cfg Config, deps Deps) *Server {
	if deps.Now == nil {
		deps.Now = time.Now
	}
	s := &Server{cfg: cfg, deps: deps, admission: newAdmission(), verifier: auth.Verifier{
		ChainID: cfg.ChainID, MachineID: cfg.Key.MachineID(), Replay: deps.Replay, Sessions: deps.Grants, Now: deps.Now,
	}}
	s.closing = make(chan struct{})
	s.closeAll = sync.OnceFunc(func() { close(s.closing) })
	s.hub = console.New(console.Deps{Open: s.connect, Allowed: s.allowed, Log: deps.Log, Now: deps.Now})
	return s
}

// Close answers what waits for a change, ends all WebSockets and waits for that:
// http.Server.Shutdown doesn't.
func (s *Server) Close() {
	s.closeAll()
	s.hub.Close()
}

// HTTP is an http.Server with limits for a hostile client.
func (s *Server) HTTP() *http.Server {
	return &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ConnState:         budget.NewConns(maxConns).Track,
		ErrorLog:          slog.NewLogLogger(s.deps.Log.Handler(), slog.LevelDebug),
	}
}

func (s *Server) guard() httpapi.Guard {
	return httpapi.Guard{Listen: s.cfg.Listen, Hosts: s.cfg.Hosts, Origins: s.cfg.Origins}
}
