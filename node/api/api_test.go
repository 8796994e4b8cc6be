package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/trust"
	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	// alice and bob are wallets made for these tests.
	alice = wallet(1)
	bob   = wallet(2)
)

const chainID = "dbc-devnet-1"

func wallet(n byte) auth.Signer {
	sum := sha256.Sum256([]byte{n})
	return auth.NewSigner(secp256k1.PrivKeyFromBytes(sum[:]))
}

// machine is a fake of everything behind the API.
type machine struct {
	tasks    map[string]journal.Task
	orders   []host.Order
	refuse   error
	word     trust.Word
	later    *trust.Word
	deleted  []string
	asked    []string
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

func (m *machine) Create(_ context.Context, o host.Order) (journal.Task, error) {
	m.orders = append(m.orders, o)
	if m.refuse != nil {
		return journal.Task{}, m.refuse
	}
	return sample(o.Rental), nil
}

func (m *machine) Tasks(wallet string) (list []journal.Task, err error) {
	for _, t := range m.tasks {
		if t.Renter == wallet {
			list = append(list, t)
		}
	}
	return list, nil
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

func (m *machine) Operate(wallet string, rentals []uint64, id string, op host.Operation) error {
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

func (m *machine) SetPassword(_ context.Context, wallet string, rentals []uint64, id, user string, password journal.Secret) error {
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

func (m *machine) Console(_ context.Context, wallet string, rentals []uint64, id string) (net.Conn, error) {
	return m.connect("console", wallet, rentals, id)
}

func (m *machine) VNC(_ context.Context, wallet string, rentals []uint64, id string) (net.Conn, error) {
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

func (m *machine) Refresh(context.Context) trust.Word {
	if m.later != nil {
		m.word = *m.later
	}
	return m.word
}

func (m *machine) List(context.Context) ([]image.Image, error) {
	return []image.Image{{Name: "tiny.qcow2", Size: 19 << 20}}, nil
}

func (m *machine) Use(_ context.Context, wallet, nonce string, _ time.Time) error {
	if m.replayed[wallet+nonce] {
		return auth.ErrReplayed
	}
	m.replayed[wallet+nonce] = true
	return nil
}

func sample(r trust.Rental) journal.Task {
	return journal.Task{
		ID: "3mJr7AoUXx2Wqd4yHw9kPz", RentID: r.ID, Renter: r.Renter, Created: now.Add(-time.Minute), Desc: "a <b> & c",
		Status: journal.Running, Image: "tiny.qcow2", CPUs: 2, MemoryMiB: 1024, GPUs: 1,
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

// bench is a server with its fakes.
type bench struct {
	t *testing.T
	m *machine
	k key.Key
	h http.Handler
	// journal is the real one: sessions have to outlive a restart.
	journal *journal.Journal
	path    string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	k, err := key.Create(filepath.Join(t.TempDir(), "node.key"))
	if err != nil {
		t.Fatal(err)
	}
	r := trust.Rental{
		ID: 7, Renter: alice.Address(), Slots: []uint32{0}, State: rental.StateActive,
		Start: now.Add(-time.Hour), End: now.Add(time.Hour),
	}
	m := &machine{
		tasks: map[string]journal.Task{}, replayed: map[string]bool{}, sessions: map[string]journal.Session{},
		word: trust.Word{Height: 42, Time: now, Open: map[uint64]trust.Rental{7: r}},
	}
	task := sample(r)
	m.tasks[task.ID] = task
	b := &bench{t: t, m: m, k: k, path: filepath.Join(t.TempDir(), "journal.db")}
	b.start()
	t.Cleanup(func() { _ = b.journal.Close() })
	return b
}

// start opens the journal and serves; again after a stop of the journal it is a
// restart of the node.
func (b *bench) start() {
	b.t.Helper()
	binding := journal.Binding{ChainID: chainID, GenesisHash: "00", MachineID: b.k.MachineID()}
	var err error
	if b.journal, err = journal.Open(b.path, binding); err != nil {
		b.t.Fatal(err)
	}
	m := b.m
	server := api.New(api.Config{
		Key: b.k, ChainID: chainID, Version: "test", Listen: netip.MustParseAddrPort("127.0.0.1:5060"),
		Hosts: []string{"node.example"}, Origins: []string{"http://web.example"},
		PublicIP: netip.MustParseAddr("203.0.113.7"), PortFirst: 5200, PortLast: 5999,
		Capacity: host.Capacity{Amount: host.Amount{CPUs: 8, MemoryMiB: 8000}, GPUs: []int{1, 1}}, GPUType: "Test GPU",
	}, api.Deps{
		Host: m, Usage: m, Rentals: m, Images: m, Replay: m, Renters: m, Sessions: m, Grants: b.journal, Now: func() time.Time { return now },
		Inventory: func(context.Context) (hw.Inventory, error) {
			return hw.Inventory{CPUModel: "CPU", MHz: 2400, Disks: []hw.Disk{{TotalGiB: 100, FreeGiB: 50}, {TotalGiB: 900, FreeGiB: 800}}}, nil
		},
		Log: slog.New(slog.DiscardHandler),
	})
	b.h = server.Handler()
}

// ask is one request; change may spoil it after it was signed.
func (b *bench) ask(by auth.Signer, path, additional string, change func(r *http.Request)) (int, api.Reply) {
	b.t.Helper()
	body := fmt.Sprintf(`{"peer_nodes_list":[%q],"additional":%s}`, b.k.MachineID(), additional)
	return b.send(by, http.MethodPost, path, body, change)
}

func (b *bench) send(by auth.Signer, method, path, body string, change func(r *http.Request)) (int, api.Reply) {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:5060"
	text := auth.Exact{ChainID: chainID, Method: method, Target: path, MachineID: b.k.MachineID(), BodySHA256: sha256.Sum256([]byte(body))}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	if by != nil {
		text.Time, text.Nonce = now.Unix(), auth.NewNonce()
		header, err := auth.SignExact(context.Background(), by, text)
		if err != nil {
			b.t.Fatal(err)
		}
		r.Header.Set(auth.HeaderName, header)
	}
	signed := true
	if change != nil {
		change(r)
		signed = false // the text may be another one now
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	var reply api.Reply
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
		b.t.Fatalf("%s: %v", w.Body, err)
	}
	if w.Header().Get(auth.HeaderMachine) != b.k.MachineID() {
		b.t.Errorf("machine %q", w.Header().Get(auth.HeaderMachine))
	}
	if signed {
		if err := auth.VerifyReply(b.k.MachineID(), text.Text(), w.Code, w.Body.Bytes(), w.Header().Get(auth.HeaderSign)); err != nil {
			b.t.Errorf("reply of %s: %v", path, err)
		}
	}
	return w.Code, reply
}

const start = `{"image_name":"tiny.qcow2","ssh_port":"5682","gpu_count":1,"cpu_cores":"2","mem_rate":"0.5","custom_port":["tcp,5700:80"]}`

func TestGolden(t *testing.T) {
	t.Parallel()
	const task = "3mJr7AoUXx2Wqd4yHw9kPz"
	for name, c := range map[string]struct {
		by               auth.Signer
		path, additional string
		refuse           error
		status           int
	}{
		"create":             {alice, api.PathTaskStart, start, nil, 200},
		"create-port-taken":  {alice, api.PathTaskStart, start, &host.Refusal{Kind: host.ErrPortTaken, Field: "ssh_port", Value: "5682", Limit: "a free port", Remedy: "choose another port"}, 409},
		"create-internal":    {alice, api.PathTaskStart, start, errors.New("open /var/lib/dbc/secret: no"), 502},
		"create-port-range":  {alice, api.PathTaskStart, `{"image_name":"tiny.qcow2","ssh_port":22}`, nil, 400},
		"create-unknown":     {alice, api.PathTaskStart, `{"image":"tiny.qcow2"}`, nil, 400},
		"create-vm-xml":      {alice, api.PathTaskStart, `{"image_name":"tiny.qcow2","ssh_port":5682,"vm_xml":"<domain/>"}`, nil, 422},
		"create-wrong-order": {alice, api.PathTaskStart, `{"image_name":"tiny.qcow2","ssh_port":5682,"rent_order":"8"}`, nil, 400},
		"list":               {alice, api.PathTasks, `{}`, nil, 200},
		"show":               {alice, api.PathTask + task, `{}`, nil, 200},
		"show-none":          {alice, api.PathTask + "11111111111111111111", `{}`, nil, 404},
		"delete":             {alice, api.PathTaskDelete + task, `{}`, nil, 200},
		"no-authority":       {nil, api.PathTasks, `{}`, nil, 401},
		"no-rental":          {bob, api.PathTasks, `{}`, nil, 403},
		"machine":            {nil, api.PathMiningNodes, `{}`, nil, 200},
		"images":             {alice, api.PathImages, `{}`, nil, 200},
		"images-no-rental":   {bob, api.PathImages, `{}`, nil, 403},
		"images-download":    {alice, "/api/v1/images/download", `{"image_filename":"x.qcow2"}`, nil, 422},
		"not-supported":      {nil, "/api/v1/snapshot/list", `{}`, nil, 422},
		"no-route":           {nil, "/api/v1/nothing", `{}`, nil, 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.m.refuse = c.refuse
			status, reply := b.ask(c.by, c.path, c.additional, nil)
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			golden(t, name, reply, b.k.MachineID())
		})
	}
}

func golden(t *testing.T, name string, reply api.Reply, machineID string) {
	t.Helper()
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(reply); err != nil {
		t.Fatal(err)
	}
	got := strings.NewReplacer(machineID, "MACHINE", alice.Address(), "ALICE", bob.Address(), "BOB").Replace(buf.String())
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(r *http.Request)
		status int
		code   string
	}{
		"foreign host":      {func(r *http.Request) { r.Host = "evil.example" }, 403, "HOST_REFUSED"},
		"foreign origin":    {func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403, "ORIGIN_REFUSED"},
		"form":              {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 400, "BAD_REQUEST"},
		"another body":      {func(r *http.Request) { r.Body = body(`{"peer_nodes_list":[],"additional":{}}`) }, 401, "AUTH_SIGNATURE"},
		"another path":      {func(r *http.Request) { r.RequestURI += "?a=b" }, 401, "AUTH_SIGNATURE"},
		"broken header":     {func(r *http.Request) { r.Header.Set(auth.HeaderName, "v1 x") }, 401, "AUTH_MALFORMED"},
		"two headers":       {func(r *http.Request) { r.Header.Add(auth.HeaderName, "v1 x") }, 401, "AUTH_MALFORMED"},
		"a long body":       {func(r *http.Request) { r.Body = body(strings.Repeat("x", api.MaxBody+1)) }, 400, "BAD_REQUEST"},
		"a name of ours":    {func(r *http.Request) { r.Host = "node.example:5060" }, 200, ""},
		"an allowed origin": {func(r *http.Request) { r.Header.Set("Origin", "http://web.example") }, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, reply := newBench(t).ask(alice, api.PathTasks, `{}`, c.change)
			if status != c.status || reply.Code != c.code {
				t.Errorf("%d %s: %s", status, reply.Code, reply.Message)
			}
		})
	}
}

func body(text string) *closer { return &closer{strings.NewReader(text)} }

type closer struct{ *strings.Reader }

func (*closer) Close() error { return nil }

func TestReplayIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var header string
	if status, _ := b.ask(alice, api.PathTasks, `{}`, func(r *http.Request) { header = r.Header.Get(auth.HeaderName) }); status != 200 {
		t.Fatal(status)
	}
	status, reply := b.ask(alice, api.PathTasks, `{}`, func(r *http.Request) { r.Header.Set(auth.HeaderName, header) })
	if status != 401 || reply.Code != "REPLAYED" {
		t.Errorf("%d %s", status, reply.Code)
	}
}

func TestOthersTasksAreNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.m.word.Open[7]
	r.ID, r.Renter = 8, bob.Address()
	b.m.word.Open[8] = r
	for _, path := range []string{api.PathTask, api.PathTaskDelete} {
		if status, reply := b.ask(bob, path+"3mJr7AoUXx2Wqd4yHw9kPz", `{}`, nil); status != 404 || reply.Code != "TASK_NOT_FOUND" {
			t.Errorf("%s: %d %s", path, status, reply.Code)
		}
	}
	if len(b.m.deleted) != 0 {
		t.Error("deleted")
	}
}

func TestNewRentalIsAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	later := b.m.word
	b.m.word = trust.Word{Height: 41, Time: now}
	b.m.later = &later
	if status, reply := b.ask(alice, api.PathTasks, `{}`, nil); status != 200 {
		t.Errorf("%d %s", status, reply.Message)
	}
}

func TestDoubtGrantsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.m.word.Doubt = trust.ErrFalling
	status, reply := b.ask(alice, api.PathTaskStart, start, nil)
	if status != 502 || reply.Code != "CHAIN_IN_DOUBT" || len(b.m.orders) != 0 {
		t.Errorf("%d %s, %d orders", status, reply.Code, len(b.m.orders))
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{"/", "/api/v1/"} {
		status, reply := b.send(nil, http.MethodGet, path, "", nil)
		var root api.Root
		if err := json.Unmarshal(reply.Message, &root); err != nil || status != 200 || root.Height != 42 || root.MachineID != b.k.MachineID() {
			t.Errorf("%d %s %v", status, reply.Message, err)
		}
	}
}

func TestOrderIsAsWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if status, reply := b.ask(alice, api.PathTaskStart, start, nil); status != 200 {
		t.Fatal(string(reply.Message))
	}
	got := b.m.orders[0]
	want := []journal.Port{{Protocol: "tcp", Host: 5682, Guest: 22}, {Protocol: "tcp", Host: 5700, Guest: 80}}
	if got.CPUs != 2 || got.GPUs != 1 || got.MemoryMillionths != 500_000 || cmp.Diff(want, got.Ports) != "" || got.Rental.ID != 7 {
		t.Errorf("%+v", got)
	}
}
