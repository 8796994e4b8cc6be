package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/test/computer"
)

const (
	// stallBytes of an answer are sent before its machine stalls: one byte less
	// than a client node passes on.
	stallBytes = 8<<20 - 1
	// stalledCalls are made to that machine at once; stallWatch is how long
	// they are observed.
	stalledCalls = 100
	stallWatch   = 15 * time.Second
)

// beStaller runs a machine that starts long answers and never finishes them.
func beStaller(ctx context.Context, k key.Key) (err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	peers, err := p2p.New(p2p.Config{Key: k, ChainID: chainID, Listen: netip.MustParseAddrPort("127.0.0.1:0"), Server: true, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, peers.Close()) }()
	piece := make([]byte, 64<<10)
	streams, err := peers.NewServer(&http.Server{ReadHeaderTimeout: time.Minute}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(stallBytes+1))
		for left := stallBytes; left > 0; left -= len(piece) {
			if _, err := w.Write(piece[:min(left, len(piece))]); err != nil {
				return
			}
		}
		select {
		case <-r.Context().Done():
		case <-ctx.Done():
		}
	}), log)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- streams.Serve() }()
	if err := tell(said{MachineID: k.MachineID(), Addrs: peers.Addrs()}); err != nil {
		return err
	}
	<-ctx.Done()
	return errors.Join(streams.Close(), served(<-ended))
}

// stalled measures how much memory many calls to such a machine occupy in a
// separate client node, once for callers that read everything and once for
// callers that read nothing.
func (w *world) stalled(ctx context.Context, row func(string, string, ...any)) error {
	staller, err := spawn(ctx, nil, asRole+"=staller", asHome+"="+w.home)
	if err != nil {
		return err
	}
	defer staller.end()
	for _, c := range []struct {
		name  string
		takes bool
	}{{"take all that comes", true}, {"take nothing", false}} {
		if err := w.stalledWith(ctx, staller.said, c.takes, func(before, then computer.Memory, refused int64) {
			row(fmt.Sprintf("client node while %d calls that %s wait for a stalling machine: memory before; then; calls refused", stalledCalls, c.name),
				"%v; %v; %d", before, then, refused)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) stalledWith(ctx context.Context, staller said, takes bool, tell func(before, then computer.Memory, refused int64)) error {
	target, err := json.Marshal(staller)
	if err != nil {
		return err
	}
	home, err := os.MkdirTemp(w.home, "stalled-")
	if err != nil {
		return err
	}
	client, err := spawn(ctx, []string{"-machines", "1"}, asRole+"=client", asHome+"="+home, asTarget+"="+string(target))
	if err != nil {
		return err
	}
	defer client.end()
	before, err := computer.MemoryOf(client.cmd.Process.Pid)
	if err != nil {
		return err
	}
	then, refused, err := watch(ctx, client, staller.MachineID, takes)
	if err != nil {
		return err
	}
	tell(before, then, refused)
	return nil
}

// watch makes the calls and returns the client's memory after stallWatch; the
// peak covers the whole time.
func watch(ctx context.Context, client process, machineID string, takes bool) (then computer.Memory, refused int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, stallWatch)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true}
	var no atomic.Int64
	var all sync.WaitGroup
	defer all.Wait()
	for range stalledCalls {
		all.Go(func() {
			body := strings.NewReader(fmt.Sprintf(`{"peer_nodes_list":[%q],"additional":{}}`, machineID))
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, client.URL+api.PathTasks, body)
			if err != nil {
				return
			}
			req.Header.Set("Content-Type", "application/json")
			res, err := transport.RoundTrip(req)
			if err != nil {
				return // the observation is over
			}
			if res.StatusCode == http.StatusTooManyRequests {
				no.Add(1)
			}
			if takes {
				_, _ = io.Copy(io.Discard, res.Body)
			} else {
				<-ctx.Done()
			}
			_ = res.Body.Close()
		})
	}
	<-ctx.Done()
	then, err = computer.MemoryOf(client.cmd.Process.Pid)
	return then, no.Load(), err
}
