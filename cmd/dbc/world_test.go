package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// world is a chain, a client node and machines as a command sees them: the machines check
// and sign as real ones do, everything else is defined by a test.
type world struct {
	rental.UnimplementedQueryServer
	machines map[string]*box
	// hosted is a machine whose home is here.
	hosted  machine.Machine
	rentals []rental.Rental
	home    string
	// heard is called with the path of every request to a machine; nil is allowed.
	heard func(path string)
}

// box is one machine.
type box struct {
	id  string
	key ed25519.PrivateKey
	// down: the client node gets no answer. hangs: nobody gets one.
	down, hangs bool
	// cuts: requests for anything but lists are accepted and not answered.
	cuts     bool
	tasks    []api.Task
	sessions []api.GrantedSession
	refuse   string
	mu       sync.Mutex
	calls    []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{machines: map[string]*box{}, home: t.TempDir()}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	rental.RegisterQueryServer(server, w)
	machine.RegisterQueryServer(server, &listings{w: w})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	node := httptest.NewServer(w)
	t.Cleanup(node.Close)
	w.settle(t, map[string]any{"chain_id": "dbc-devnet-1", "grpc": listener.Addr().String(), "rpc": "http://127.0.0.1:1", "client": node.URL})
	if _, _, err := w.ring(t).Create("alice"); err != nil {
		t.Fatal(err)
	}
	return w
}

// settle makes commands take this process for a running devnet of the home.
func (w *world) settle(t *testing.T, info map[string]any) {
	t.Helper()
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	started, err := strconv.ParseUint(strings.Fields(rest)[19], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	info["processes"] = map[string]any{"supervisor": map[string]any{"pid": os.Getpid(), "started": started}}
	text, err := json.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(w.home, "devnet"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.home, "devnet", "devnet.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) ring(t *testing.T) *market.Keyring {
	t.Helper()
	ring, err := market.OpenKeyring(w.home, market.Backend("dbc-devnet-1"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// add makes a machine with an id that begins with prefix, which the wallet rents.
func (w *world) add(t *testing.T, seed byte, tasks ...string) *box {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	b := &box{id: hex.EncodeToString(key.Public().(ed25519.PublicKey)), key: key}
	for _, id := range tasks {
		b.tasks = append(b.tasks, api.Task{TaskSummary: api.TaskSummary{TaskID: id, Status: "running", RentOrder: "1"}})
	}
	w.machines[b.id] = b
	w.rent(b.id, rental.RENTAL_STATE_ACTIVE)
	return b
}

func (w *world) rent(machineID string, state rental.RentalState) {
	at := time.Now().Add(time.Hour)
	w.rentals = append(w.rentals, rental.Rental{
		Id: uint64(len(w.rentals) + 1), MachineId: machineID, State: state, Start: at.Add(-time.Hour), End: at, Deadline: at,
	})
}

// RentalsByRenter returns pages of at most ten, the newest first.
func (w *world) RentalsByRenter(_ context.Context, req *rental.QueryRentalsByRenterRequest) (*rental.QueryRentalsByRenterResponse, error) {
	list := slices.Clone(w.rentals)
	slices.Reverse(list)
	if req.OpenOnly {
		list = slices.DeleteFunc(list, func(r rental.Rental) bool {
			return r.State != rental.RENTAL_STATE_TRIAL && r.State != rental.RENTAL_STATE_ACTIVE
		})
	}
	from := 0
	if key := req.Pagination.GetKey(); len(key) > 0 {
		from = int(key[0])
	}
	to := min(from+10, len(list))
	res := &rental.QueryRentalsByRenterResponse{Rentals: list[from:to], Pagination: &query.PageResponse{}}
	if to < len(list) {
		res.Pagination.NextKey = []byte{byte(to)}
	}
	return res, nil
}

// Rental is one of them.
func (w *world) Rental(_ context.Context, req *rental.QueryRentalRequest) (*rental.QueryRentalResponse, error) {
	for _, r := range w.rentals {
		if r.Id == req.RentId {
			return &rental.QueryRentalResponse{Rental: r}, nil
		}
	}
	return nil, fmt.Errorf("no rental %d", req.RentId)
}

// Explain returns a rental without a story.
func (w *world) Explain(ctx context.Context, req *rental.QueryExplainRequest) (*rental.QueryExplainResponse, error) {
	res, err := w.Rental(ctx, &rental.QueryRentalRequest{RentId: req.RentId})
	if err != nil {
		return nil, err
	}
	return &rental.QueryExplainResponse{Rental: res.Rental}, nil
}

// Quote returns what leaving a rental with an exit notice brings; else what was asked
// for, as a refusal.
func (w *world) Quote(_ context.Context, req *rental.QueryQuoteRequest) (*rental.QueryQuoteResponse, error) {
	for _, r := range w.rentals {
		if r.Id == req.RentId && req.DurationSeconds == 0 && r.ExitNoticeSeconds > 0 {
			left := rental.Leave{NoticeSeconds: r.ExitNoticeSeconds, At: r.Start}
			if req.LeaveAt != nil {
				left.At = *req.LeaveAt
			}
			left.End = left.At.Add(r.ExitNotice())
			if left.Refund, left.Rent = 7_500_000, 2_500_000; !left.End.Before(r.End) {
				left.End, left.Refund, left.Rent = r.End, 0, 10_000_000
			}
			return &rental.QueryQuoteResponse{Leave: &left}, nil
		}
	}
	if req.LeaveAt != nil && req.RentId == 0 {
		left := rental.Leave{NoticeSeconds: 3_600, At: *req.LeaveAt, End: req.LeaveAt.Add(time.Hour), Refund: 3_000_000, Rent: 7_000_000}
		return &rental.QueryQuoteResponse{Leave: &left}, nil
	}
	return nil, fmt.Errorf("a quote of rental %d, machine %s, %d s", req.RentId, req.MachineId, req.DurationSeconds)
}

type listings struct {
	machine.UnimplementedQueryServer
	w *world
}

// Machines returns machines in the order of their ids, starting at the key.
func (l *listings) Machines(_ context.Context, req *machine.QueryMachinesRequest) (*machine.QueryMachinesResponse, error) {
	var ids []string
	for id := range l.w.machines {
		if id >= string(req.Pagination.GetKey()) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	res := &machine.QueryMachinesResponse{}
	for _, id := range ids[:min(len(ids), int(req.Pagination.GetLimit()))] {
		res.Listings = append(res.Listings, machine.Listing{Machine: machine.Machine{Id: id}})
	}
	return res, nil
}

// Machine is the hosted one.
func (l *listings) Machine(_ context.Context, req *machine.QueryMachineRequest) (*machine.QueryMachineResponse, error) {
	if req.MachineId != l.w.hosted.Id {
		return nil, fmt.Errorf("no machine %s", req.MachineId)
	}
	return &machine.QueryMachineResponse{Listing: machine.Listing{Machine: l.w.hosted}}, nil
}

// Params are what a challenge costs, and how long there is to answer it.
func (l *listings) Params(context.Context, *machine.QueryParamsRequest) (*machine.QueryParamsResponse, error) {
	return &machine.QueryParamsResponse{Params: machine.Params{ChallengeDeposit: 10_000_000, AnswerWindow: 10 * time.Minute}}, nil
}

// ServeHTTP is the client node and all machines behind it.
func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var request api.Request
	_ = json.Unmarshal(body, &request)
	if w.heard != nil {
		w.heard(r.URL.Path)
	}
	b := w.machines[request.PeerNodesList[0]]
	if b.hangs {
		<-r.Context().Done()
		return
	}
	if b.down {
		out.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(out, `{"errcode":-8,"code":"UNREACHABLE","message":"no way to the machine"}`)
		return
	}
	said, _ := auth.ParseHeader(r.Header.Get(auth.HeaderName))
	exact := auth.Exact{
		ChainID: "dbc-devnet-1", Method: r.Method, Target: r.URL.RequestURI(), MachineID: b.id,
		BodySHA256: sha256.Sum256(body), Time: said.Time, Nonce: said.Nonce,
	}
	if b.cuts && r.URL.Path != api.PathTasks {
		panic(http.ErrAbortHandler)
	}
	status, answer := b.answer(r.URL.Path)
	out.Header().Set(auth.HeaderSign, auth.SignReply(b.key, exact.Text(), status, answer))
	out.WriteHeader(status)
	_, _ = out.Write(answer)
}

func (b *box) called() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.calls)
}

func (b *box) answer(path string) (int, []byte) {
	b.mu.Lock()
	b.calls = append(b.calls, path)
	b.mu.Unlock()
	if b.refuse != "" {
		return http.StatusForbidden, []byte(`{"errcode":-3,"code":"` + b.refuse + `","message":"no"}`)
	}
	var message any = "ok"
	if path == api.PathTasks {
		list := api.Tasks{Tasks: []api.TaskSummary{}}
		for _, task := range b.tasks {
			list.Tasks = append(list.Tasks, task.TaskSummary)
		}
		message = list
	} else if path == api.PathImages {
		message = api.ImageList{Images: []api.Image{
			{Name: "debian-12.qcow2", Size: "300M", Title: "Debian", Version: "12"},
			{Name: "ubuntu.qcow2", Size: "600M", Title: "Ubuntu\x1b[2J", Version: "24.04 LTS", Default: true, Contents: &api.ImageContents{
				Driver: "nvidia", DriverVersion: "580\x1b[2J", Licences: []string{"NVIDIA_DRIVER", "UNKNOWN"},
			}},
		}}
	} else if path == api.PathSessionList {
		message = api.Sessions{Sessions: b.sessions}
	} else if strings.HasPrefix(path, api.PathDiskList) {
		message = api.Disks{}
	} else if id := path[strings.LastIndex(path, "/")+1:]; strings.HasPrefix(path, api.PathTask) {
		at := slices.IndexFunc(b.tasks, func(task api.Task) bool { return task.TaskID == id })
		if at < 0 {
			return http.StatusNotFound, []byte(`{"errcode":-3,"code":"NOT_FOUND","message":"no such task"}`)
		}
		if path == api.PathTask+id {
			message = b.tasks[at]
		}
	}
	answer, _ := json.Marshal(map[string]any{"errcode": 0, "message": message})
	return http.StatusOK, answer
}

// dbc runs a command in this home.
func (w *world) dbc(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	return w.dbcUntil(t.Context(), args...)
}

// dbcUntil is dbc with an end, as by Ctrl-C.
func (w *world) dbcUntil(ctx context.Context, args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = run(ctx, append(args, "--home", w.home), strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}
