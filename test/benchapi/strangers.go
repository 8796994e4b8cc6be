package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/test/computer"
)

// What strangers do without a rental, as fast as they can.
const (
	// signWell signs with throwaway wallets, signAsRenter uses the renter's
	// wallet name, look requests the machine's details: all at the machine's
	// own port.
	signWell     = "50 throwaway wallets that sign well, at the machine's own port"
	signAsRenter = "50 who name the renter's wallet, at the machine's own port"
	look         = "50 who ask for the machine's details, at its own port"
	// The same over libp2p, and bodies there that stop one byte short.
	signByPeers = "50 throwaway wallets of six peers"
	stopShort   = "six peers with bodies that stop one byte short"
)

const (
	strangers = 50
	peerKeys  = 6
	// shortEach is the number of bodies that each peer holds, of nearly the
	// maximum length.
	shortEach = 200
)

// beStrangers runs until ctx is done.
func beStrangers(ctx context.Context) error {
	var target known
	if err := json.Unmarshal([]byte(os.Getenv(asTarget)), &target); err != nil {
		return err
	}
	kind := os.Getenv(asKind)
	var all sync.WaitGroup
	defer all.Wait()
	var hosts []*p2p.Host
	for range peerKeys {
		k, err := key.New()
		if err != nil {
			return err
		}
		h, err := p2p.New(p2p.Config{Key: k, ChainID: chainID, Finder: target, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		defer func() { _ = h.Close() }()
		hosts = append(hosts, h)
	}
	if err := tell(said(target)); err != nil {
		return err
	}
	if kind == stopShort {
		for _, h := range hosts {
			for range shortEach {
				all.Go(func() { keepShort(ctx, h, target.MachineID) })
			}
		}
		<-ctx.Done()
		return nil
	}
	for i := range strangers {
		all.Go(func() { keepAsking(ctx, kind, said(target), hosts[i%peerKeys]) })
	}
	<-ctx.Done()
	return nil
}

// keepShort repeatedly sends a long body without its last byte.
func keepShort(ctx context.Context, h *p2p.Host, machineID string) {
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", api.PathTasks, api.MaxBody)
	body := strings.Repeat("x", api.MaxBody-1)
	for ctx.Err() == nil {
		c, err := h.Dial(ctx, machineID, p2p.ProtocolHTTP)
		if err != nil {
			pause(ctx)
			continue
		}
		stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
		_, err = io.WriteString(c, head+body)
		if err == nil {
			_, _ = io.Copy(io.Discard, c) // until the machine ends it
		}
		stop()
		_ = c.Close()
	}
}

func pause(ctx context.Context) {
	select {
	case <-time.After(10 * time.Millisecond):
	case <-ctx.Done():
	}
}

func keepAsking(ctx context.Context, kind string, target said, h *p2p.Host) {
	client, at, path := &http.Client{Transport: &http.Transport{}}, target.URL, api.PathTasks
	switch kind {
	case signByPeers:
		client, at = &http.Client{Transport: h.Transport()}, "http://"+target.MachineID
	case look:
		path = api.PathMiningNodes
	}
	defer client.CloseIdleConnections()
	var secret [32]byte
	_, _ = rand.Read(secret[:])
	signer := auth.NewSigner(secp256k1.PrivKeyFromBytes(secret[:]))
	for ctx.Err() == nil {
		if err := askOnce(ctx, client, kind, at, path, target.MachineID, signer); err != nil {
			pause(ctx)
		}
	}
}

func askOnce(ctx context.Context, client *http.Client, kind, at, path, machineID string, signer auth.Signer) error {
	body := fmt.Appendf(nil, `{"peer_nodes_list":[%q],"additional":{}}`, machineID)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if kind != look {
		header, err := auth.SignExact(ctx, signer, auth.Exact{
			ChainID: chainID, Method: http.MethodPost, Target: path, MachineID: machineID,
			BodySHA256: sha256.Sum256(body), Time: time.Now().Unix(), Nonce: auth.NewNonce(),
		})
		if err != nil {
			return err
		}
		if kind == signAsRenter {
			header = strings.Replace(header, signer.Address(), os.Getenv(asRenter), 1)
		}
		req.Header.Set(auth.HeaderName, header)
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return errors.Join(err, res.Body.Close())
}

// amongStrangers measures a renter's consecutive calls through a client node,
// alternately without and with strangers, and the machine's memory. Strangers
// have the last processor to themselves, as if on another computer: what they
// spend on their own encryption is not what they cost the machine.
func (w *world) amongStrangers(ctx context.Context, row func(string, string, ...any), calls int, only string) error {
	if err := w.keepToOthers(ctx); err != nil {
		return err
	}
	one := func(int) (time.Duration, error) { return w.list(ctx, w.client.URL) }
	for _, kind := range []string{signWell, signAsRenter, look, signByPeers, stopShort} {
		if !strings.Contains("strangers: "+kind, only) {
			continue
		}
		var without, with times
		var grown int64
		for range 2 {
			quiet, err := among(1, calls/4, one)
			if err != nil {
				return err
			}
			without = append(without, quiet...)
			before, err := computer.MemoryOf(w.machine.cmd.Process.Pid)
			if err != nil {
				return err
			}
			if with, err = w.beside(ctx, kind, calls/4, with); err != nil {
				return err
			}
			after, err := computer.MemoryOf(w.machine.cmd.Process.Pid)
			if err != nil {
				return err
			}
			grown = max(grown, after.Own-before.Own, after.Peak-before.Peak)
		}
		slices.Sort(without)
		slices.Sort(with)
		row("a renter's signed call beside "+kind+", p50/p99; without; p99 ÷ p99 (budget ≤ 2); the machine's memory grew by (budget ≤ 64 MiB)",
			"%v/%v; %v/%v; %.1f; %d MiB", with.at(50), with.at(99), without.at(50), without.at(99),
			float64(with.at(99))/float64(without.at(99)), grown>>20)
	}
	return nil
}

// beside measures calls while strangers are active.
func (w *world) beside(ctx context.Context, kind string, calls int, so times) (times, error) {
	target, err := json.Marshal(w.machine.said)
	if err != nil {
		return nil, err
	}
	crowd, err := spawn(ctx, nil, asRole+"=strangers", asKind+"="+kind, asTarget+"="+string(target), asRenter+"="+w.renters[0].Address())
	if err != nil {
		return nil, err
	}
	defer crowd.end()
	if err := pin(ctx, crowd.cmd.Process.Pid, lastProcessor()); err != nil {
		return nil, err
	}
	// Their first requests are answered at once; what follows is the steady
	// state.
	select {
	case <-time.After(3 * time.Second):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	took, err := among(1, calls, func(int) (time.Duration, error) { return w.list(ctx, w.client.URL) })
	return append(so, took...), err
}

func lastProcessor() string { return strconv.Itoa(runtime.NumCPU() - 1) }

// keepToOthers moves this process, the machine and the client node to all
// processors but the last.
func (w *world) keepToOthers(ctx context.Context) error {
	others := "0"
	if n := runtime.NumCPU(); n > 2 {
		others = fmt.Sprintf("0-%d", n-2)
	}
	for _, pid := range []int{os.Getpid(), w.machine.cmd.Process.Pid, w.client.cmd.Process.Pid} {
		if err := pin(ctx, pid, others); err != nil {
			return err
		}
	}
	return nil
}

// pin moves all threads of a process to processors, which taskset reads as a list.
func pin(ctx context.Context, pid int, processors string) error {
	out, err := exec.CommandContext(ctx, "taskset", "--all-tasks", "--pid", "--cpu-list", processors, strconv.Itoa(pid)).CombinedOutput() //nolint:gosec // numbers
	if err != nil {
		return fmt.Errorf("pin process %d to processors %s: %w: %s", pid, processors, err, out)
	}
	return nil
}
