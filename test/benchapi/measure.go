package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
)

// world is a compute node and a client node with a filled index.
type world struct {
	machine, client process
	// renters take turns, because each has a share of what the machine
	// remembers.
	renters []auth.Signer
	turn    atomic.Int64
	http    *http.Client
	filled  time.Duration
	home    string
}

func newWorld(ctx context.Context, machines int) (w *world, err error) {
	w = &world{
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}},
	}
	for i := range renterCount {
		secret := sha256.Sum256(fmt.Appendf(nil, "renter %d of the benchmark", i))
		w.renters = append(w.renters, auth.NewSigner(secp256k1.PrivKeyFromBytes(secret[:])))
	}
	if w.home, err = os.MkdirTemp("", "dbc-benchapi-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	w.machine, err = spawn(ctx, nil, asRole+"=machine", asHome+"="+w.home, asRenter+"="+w.addresses())
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := w.startClient(ctx, machines); err != nil {
		return nil, err
	}
	w.filled = time.Since(begun).Round(100 * time.Millisecond)
	// Idle is a node that started with its index on disk.
	w.client.end()
	return w, w.startClient(ctx, machines)
}

// startClient starts the client node and waits until its index answers.
func (w *world) startClient(ctx context.Context, machines int) error {
	target, err := json.Marshal(w.machine.said)
	if err != nil {
		return err
	}
	w.client, err = spawn(ctx, []string{"-machines", strconv.Itoa(machines)}, asRole+"=client", asHome+"="+w.home, asTarget+"="+string(target))
	if err != nil {
		return err
	}
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		if _, err := w.post(ctx, w.client.URL+api.PathMachines, "", []byte(`{"limit":1}`)); err == nil {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (w *world) close() {
	for _, p := range []process{w.client, w.machine} {
		if p.end != nil {
			p.end()
		}
	}
	_ = os.RemoveAll(w.home)
}

func (w *world) post(ctx context.Context, at, header string, body []byte) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if header != "" {
		req.Header.Set(auth.HeaderName, header)
	}
	begun := time.Now()
	res, err := w.http.Do(req)
	if err != nil {
		return 0, err
	}
	answer, err := io.ReadAll(res.Body)
	took := time.Since(begun)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return 0, err
	}
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("HTTP %d: %.300s", res.StatusCode, answer)
	}
	return took, nil
}

const renterCount = 8

// addresses returns the renters' addresses in one line.
func (w *world) addresses() string {
	var all []string
	for _, r := range w.renters {
		all = append(all, r.Address())
	}
	return strings.Join(all, " ")
}

// list requests a renter's VMs from a node, signed exactly.
func (w *world) list(ctx context.Context, node string) (time.Duration, error) {
	body := fmt.Appendf(nil, `{"peer_nodes_list":[%q],"additional":{}}`, w.machine.MachineID)
	header, err := auth.SignExact(ctx, w.renters[w.turn.Add(1)%renterCount], auth.Exact{
		ChainID: chainID, Method: http.MethodPost, Target: api.PathTasks, MachineID: w.machine.MachineID,
		BodySHA256: sha256.Sum256(body), Time: time.Now().Unix(), Nonce: auth.NewNonce(),
	})
	if err != nil {
		return 0, err
	}
	return w.post(ctx, node+api.PathTasks, header, body)
}

// times of calls, ascending.
type times []time.Duration

func (t times) at(percent int) time.Duration {
	if len(t) == 0 {
		return 0
	}
	return t[(len(t)-1)*percent/100].Round(10 * time.Microsecond)
}

// among makes calls with n callers concurrently, and returns the sorted times.
func among(callers, n int, call func(i int) (time.Duration, error)) (times, error) {
	var (
		next atomic.Int64
		mu   sync.Mutex
		all  times
		errs []error
		done sync.WaitGroup
	)
	for range callers {
		done.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				took, err := call(i)
				mu.Lock()
				if err != nil {
					errs = append(errs, err)
				} else {
					all = append(all, took)
				}
				mu.Unlock()
			}
		})
	}
	done.Wait()
	slices.Sort(all)
	if len(errs) > 0 {
		return all, fmt.Errorf("%d of %d calls failed, the first: %w", len(errs), n, errs[0])
	}
	return all, nil
}

// compareCalls calls both nodes in turn, so that both have the same load.
func (w *world) compareCalls(ctx context.Context, row func(string, string, ...any), n, callers int) error {
	var through, own times
	for range 4 {
		for _, node := range []struct {
			url  string
			into *times
		}{{w.machine.URL, &own}, {w.client.URL, &through}} {
			took, err := among(callers, n/8, func(int) (time.Duration, error) { return w.list(ctx, node.url) })
			if err != nil {
				return err
			}
			*node.into = append(*node.into, took...)
		}
	}
	slices.Sort(own)
	slices.Sort(through)
	row(fmt.Sprintf("signed call, %d callers: the compute node's own port, p50/p99", callers), "%v/%v", own.at(50), own.at(99))
	row(fmt.Sprintf("signed call, %d callers: through client node and libp2p, p50/p99", callers), "%v/%v", through.at(50), through.at(99))
	row(fmt.Sprintf("what the way adds, %d callers, p50 (budget ≤ 2 ms)", callers), "%v", through.at(50)-own.at(50))
	return nil
}

var queries = []struct{ name, body string }{
	{"first page of the table: online, a free slot, by price", `{"filters":{"state":"online","free_slots_min":1},"limit":50}`},
	{"a GPU type in two countries, by memory, the greatest first", `{"filters":{"state":"online","gpu_type":"H200","country":["DE","SG"]},"order":"-memory_mib","limit":50}`},
	{"an owner's machines", `{"filters":{"owner":"dbc1owner` + "00000000000000000000000000012345" + `"},"limit":50}`},
	{"what few have: 192 CPUs, 900 GiB of memory, by upload", `{"filters":{"cpu_cores_min":192,"memory_mib_min":921600},"order":"-upload_mbps","limit":50}`},
}

func (w *world) searches(ctx context.Context, row func(string, string, ...any), n, callers int) error {
	for _, q := range queries {
		took, err := among(callers, n, func(int) (time.Duration, error) {
			return w.post(ctx, w.client.URL+api.PathMachines, "", []byte(q.body))
		})
		if err != nil {
			return err
		}
		row(fmt.Sprintf("search, %d callers: %s, p50/p99", callers, q.name), "%v/%v", took.at(50), took.at(99))
	}
	return nil
}

// amongSlow measures the calls of 64 callers without and with clients that hold
// half a request each and reconnect as soon as they are disconnected.
func (w *world) amongSlow(ctx context.Context, row func(string, string, ...any), cfg config) error {
	call := func(int) (time.Duration, error) { return w.list(ctx, w.client.URL) }
	without, err := among(64, cfg.calls, call)
	if err != nil {
		return err
	}
	at, err := url.Parse(w.client.URL)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var held atomic.Int64
	var slow sync.WaitGroup
	defer slow.Wait()
	defer cancel()
	full := make(chan struct{})
	for range cfg.slow {
		slow.Go(func() { hold(ctx, at.Host, &held, int64(cfg.slow), full) })
	}
	select {
	case <-full:
	case <-ctx.Done():
		return ctx.Err()
	}
	with, err := among(64, cfg.calls, call)
	if err != nil {
		return err
	}
	row("64 callers through the client node, p50/p99", "%v/%v", without.at(50), without.at(99))
	row(fmt.Sprintf("the same among %d half-open clients, p50/p99; errors", cfg.slow), "%v/%v; 0", with.at(50), with.at(99))
	return nil
}

// hold keeps half a request open until ctx is done. full is closed when all
// hold one.
func hold(ctx context.Context, at string, held *atomic.Int64, all int64, full chan struct{}) {
	first := true
	for ctx.Err() == nil {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", at)
		if err != nil {
			return
		}
		stop := context.AfterFunc(ctx, func() { _ = c.Close() })
		_, _ = io.WriteString(c, "POST /api/v1/tasks HTTP/1.1\r\nHost: local")
		if first && held.Add(1) == all {
			close(full)
		}
		first = false
		_, _ = io.Copy(io.Discard, c) // until the node ends it
		stop()
		_ = c.Close()
	}
}
