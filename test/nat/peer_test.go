package nat_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
)

// asPeer is set if this program should run as one node of a world.
const asPeer = "DBC_NAT_PEER"

func TestMain(m *testing.M) {
	if text, is := os.LookupEnv(asPeer); is {
		if err := bePeer(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// role configures a node.
type role struct {
	Listen       string
	Peers        []string
	Server       bool
	Relay        bool
	RelayDataMiB uint64
	// Chain has addresses of machines. If it is nil the node queries no chain.
	Chain map[string][]string
}

// identity is the first line of a node's output.
type identity struct {
	MachineID string
	Addrs     []string
}

// call is a line to a node: send the given number of bytes to a machine, and
// get them back.
type call struct {
	MachineID string
	Bytes     int64
	// Guest makes it a connection to a guest instead of a control call.
	Guest bool
}

// result is the line that answers it.
type result struct {
	// Echoed bytes came back by Way.
	Echoed int64
	Way    string
	// Error and Tried are set if the machine was not reached.
	Error string
	Tried []string
}

// listed is a chain that knows these addresses.
type listed map[string][]string

func (l listed) Addresses(_ context.Context, id string) ([]string, error) {
	addrs, known := l[id]
	if !known {
		return nil, errors.New("no such machine")
	}
	return addrs, nil
}

// everybody is a chain on which each peer of a test is a machine.
type everybody struct{}

func (everybody) Bonded(context.Context, string) error { return nil }

// bePeer runs a node until its standard input ends.
func bePeer(text string) (err error) {
	var is role
	if err := json.Unmarshal([]byte(text), &is); err != nil {
		return err
	}
	k, err := key.New()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	cfg := p2p.Config{
		Key: k, ChainID: "dbc-testnet-1", Listen: netip.MustParseAddrPort(is.Listen), Peers: is.Peers, Server: is.Server,
		Relay: is.Relay, RelayDataMiB: is.RelayDataMiB, Machines: everybody{}, Log: log,
	}
	if is.Chain != nil {
		cfg.Finder = listed(is.Chain)
	}
	host, err := p2p.New(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.Close()) }()
	server, err := host.NewServer(&http.Server{ReadHeaderTimeout: time.Minute}, http.HandlerFunc(echo), log)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve() }()
	defer func() { err = errors.Join(err, server.Close(), <-served) }()
	return answer(host, json.NewEncoder(os.Stdout), identity{k.MachineID(), host.Addrs()})
}

func echo(w http.ResponseWriter, r *http.Request) {
	// All of it is read before the first byte is returned, so that no buffer
	// fills up.
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, _ = w.Write(body)
}

func answer(host *p2p.Host, out *json.Encoder, id identity) error {
	if err := out.Encode(id); err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var c call
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return err
		}
		if err := out.Encode(do(host, c)); err != nil {
			return err
		}
	}
	return lines.Err()
}

func do(host *p2p.Host, c call) (r result) {
	transport := host.Transport()
	if c.Guest {
		transport = host.Streams()
	}
	err := func() error {
		req, err := http.NewRequest(http.MethodPost, "http://"+c.MachineID+"/", io.LimitReader(zeros{}, c.Bytes))
		if err != nil {
			return err
		}
		res, err := transport.RoundTrip(req)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		r.Echoed, err = io.Copy(io.Discard, res.Body)
		return err
	}()
	r.Way = host.Way(c.MachineID)
	if err != nil {
		r.Error = err.Error()
		if unreachable := new(p2p.UnreachableError); errors.As(err, &unreachable) {
			r.Tried = unreachable.Tried
		}
	}
	return r
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// node is a process in a namespace.
type node struct {
	identity
	in  *json.Encoder
	out *json.Decoder
}

// start runs a node in s until the test ends.
func (s *space) start(t *testing.T, name string, is role) *node {
	t.Helper()
	text, err := json.Marshal(is)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), asPeer+"="+string(text))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = prefixed{t, name}
	if err := s.Do(cmd.Start); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // ends it
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	n := &node{in: json.NewEncoder(in), out: json.NewDecoder(out)}
	if err := n.out.Decode(&n.identity); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

type prefixed struct {
	t    *testing.T
	name string
}

func (p prefixed) Write(text []byte) (int, error) {
	p.t.Logf("%s: %s", p.name, text)
	return len(text), nil
}

func (n *node) call(t *testing.T, c call) result {
	t.Helper()
	if err := n.in.Encode(c); err != nil {
		t.Fatal(err)
	}
	var r result
	if err := n.out.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}
