package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
)

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
		"create-port-taken":  {alice, api.PathTaskStart, start, &api.Refusal{Kind: host.ErrPortTaken, Field: "ssh_port", Value: "5682", Limit: "a free port", Remedy: "choose another port"}, 409},
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
		"images-no-rental":   {bob, api.PathImages, `{}`, nil, 200},
		"images-stranger":    {nil, api.PathImages, `{}`, nil, 200},
		"create-default":     {alice, api.PathTaskStart, `{"ssh_port":"5682"}`, nil, 200},
		"images-download":    {alice, "/api/v1/images/download", `{"image_filename":"x.qcow2"}`, nil, 410},
		"images-upload":      {alice, "/api/v1/images/upload", `{"image_filename":"x.qcow2"}`, nil, 422},
		"not-supported":      {nil, "/api/v1/snapshot/list", `{}`, nil, 422},
		"not-supported-root": {nil, "/api/v1/peers", `{}`, nil, 422},
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
		code   api.Code
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

// TestRootTellsOfAStall by its code, while the word is still believed; what only
// a comparison with earlier words shows goes before it.
func TestRootTellsOfAStall(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stalled := api.Problem{Code: api.ProblemStalled, Height: 42, AgeSeconds: 9, IntervalMillis: 1000}
	b.m.problem = &stalled
	for _, c := range []struct {
		doubt error
		want  api.ProblemCode
	}{
		{nil, api.ProblemStalled}, {trust.ErrSilent, api.ProblemStalled}, {fmt.Errorf("%w: 3", trust.ErrFalling), api.ProblemFell}, {trust.ErrOtherChain, api.ProblemOther},
	} {
		b.m.word.Doubt = c.doubt
		_, reply := b.send(nil, http.MethodGet, "/", "", nil)
		var root api.Root
		if err := json.Unmarshal(reply.Message, &root); err != nil || root.Problem == nil || root.Problem.Code != c.want || root.Problem.Height != 42 {
			t.Errorf("%v: %s %v", c.doubt, reply.Message, err)
		}
		if c.want == api.ProblemStalled && *root.Problem != stalled {
			t.Errorf("got %+v", *root.Problem)
		}
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
	want := []journal.Port{{Name: "ssh", Protocol: "tcp", Host: 5682, Guest: 22}, {Name: "tcp-80", Protocol: "tcp", Host: 5700, Guest: 80}}
	if got.CPUs != 2 || got.GPUs != 1 || got.MemoryMillionths != 500_000 || cmp.Diff(want, got.Ports) != "" || got.Rental.ID != 7 {
		t.Errorf("%+v", got)
	}
}
