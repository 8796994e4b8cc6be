package web

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/test/crowd"
	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/rental"
)

// TestHostile covers what a lying machine, one that signs nonsense, a peer that
// is not a machine, web pages of other origins and a wallet's extension can do
// to a client node: a real one with a real chain, on which the machines are
// bonded and the second one is rented.
func TestHostile(t *testing.T) {
	install(t)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	dbcd, err := filepath.Abs(filepath.Join(programs, "dbcd"))
	if err != nil {
		t.Fatal(err)
	}
	wallet := secp256k1.GenPrivKey()
	from := sdk.AccAddress(wallet.PubKey().Address()).String()
	chain, err := testnet.New(ctx, testnet.Config{Dir: filepath.Join(t.TempDir(), "net"), Dbcd: dbcd, Validators: 1, Rich: []string{from}})
	if err != nil {
		t.Fatal(err)
	}
	seen, crook := new(ledger), new(crook)
	bonded, stranger := lie(t, seen.liar("bonded")), lie(t, seen.liar("stranger"))
	rented := lie(t, crook)
	crook.is(rented.id, rented.key)
	begin := time.Now().UTC().Truncate(time.Second)
	market := crowd.NewMarket(1, from, begin)
	market.Machines[0].Id, market.Machines[0].Facts.Multiaddrs = bonded.id, bonded.host.Addrs()
	other := crowd.Plain(1)
	other.Id, other.Facts.Multiaddrs = rented.id, rented.host.Addrs()
	market.Machines = append(market.Machines, other)
	market.Rentals = []rental.Rental{crowd.Rent(1, from, other, []uint32{0}, begin, begin.Add(24*time.Hour))}
	fill(t, chain.Validators[0].Genesis(), market, begin)
	t.Cleanup(func() {
		if err := chain.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := chain.Start(ctx); err != nil {
		t.Fatal(err)
	}
	base, _ := readsFrom(ctx, t, chain.Validators[0], stranger.line(t))
	mux := http.NewServeMux()
	mux.Handle("/", seen)
	mux.HandleFunc("/say", crook.say)
	pages := httptest.NewServer(mux)
	t.Cleanup(pages.Close)
	browse(t, "hostile.test.mjs", "BASE="+base, "PAGES="+pages.URL, "BONDED="+bonded.id, "STRANGER="+stranger.id,
		"KEY="+hex.EncodeToString(wallet.Key), "CHAIN="+testnet.ChainID)
}

// liar is a peer that answers as a test wants, with the key of a machine.
type liar struct {
	id   string
	key  ed25519.PrivateKey
	host *p2p.Host
}

func lie(t *testing.T, answers http.Handler) liar {
	t.Helper()
	k, err := key.Create(filepath.Join(t.TempDir(), "node.key"))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	host, err := p2p.New(p2p.Config{Key: k, ChainID: testnet.ChainID, Listen: netip.MustParseAddrPort("127.0.0.1:0"), Server: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	server, err := host.NewServer(&http.Server{ReadHeaderTimeout: time.Minute}, answers, log)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve() }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-ended, host.Close()); err != nil {
			t.Error(err)
		}
	})
	return liar{k.MachineID(), k.Private(), host}
}

// line returns its line for peer.conf.
func (l liar) line(t *testing.T) string {
	t.Helper()
	for _, a := range l.host.Addrs() {
		if parts := strings.Split(a, "/"); parts[3] == "tcp" {
			return net.JoinHostPort(parts[2], parts[4])
		}
	}
	t.Fatal("no TCP address")
	return ""
}

// ledger records what reached which peer, and reports it to the tests. On all
// other paths it acts as the web server of another origin.
type ledger struct {
	mu   sync.Mutex
	seen []string
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/seen" {
		l.mu.Lock()
		defer l.mu.Unlock()
		_ = json.NewEncoder(w).Encode(l.seen)
		l.seen = nil
		return
	}
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<!doctype html><title>a page</title><link rel=icon href=data:,>")
}

// liar answers everything with a page, a script or a service worker that would
// take over the origin in which it runs.
func (l *ledger) liar(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		l.seen = append(l.seen, name+" "+r.Method+" "+r.URL.Path)
		l.mu.Unlock()
		h := w.Header()
		for header, value := range map[string]string{
			"Service-Worker-Allowed": "/", "Set-Cookie": "pwned=1; Path=/", "Clear-Site-Data": `"storage"`, "Refresh": "0; url=/pwned",
			"Access-Control-Allow-Origin": "*", "Content-Security-Policy": "default-src * 'unsafe-inline'", "Link": "</pwned.js>; rel=preload; as=script",
		} {
			h.Set(header, value)
		}
		if strings.HasSuffix(r.URL.Path, ".js") {
			h.Set("Content-Type", "text/javascript")
			_, _ = io.WriteString(w, `globalThis.pwned = 1; if (globalThis.localStorage) localStorage.pwned = 1; self.addEventListener("fetch", (e) => e.respondWith(new Response("pwned")));`)
			return
		}
		h.Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<!doctype html><title>pwned</title><script>window.pwned = 1; localStorage.pwned = 1; document.cookie = "pwned=2";`+
			`navigator.serviceWorker.register("/api/v1/tasks/console/sw.js"+location.search, {scope: "/"});</script>`)
	})
}
