package faucet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
)

type sent struct {
	msgs []sdk.Msg
	err  error
}

func (s *sent) Broadcast(_ context.Context, _ chain.Signer, msgs ...sdk.Msg) (chain.TxResult, error) {
	s.msgs = append(s.msgs, msgs...)
	return chain.TxResult{Hash: "AB", Height: 7}, s.err
}

func open(t *testing.T, s *sent) *Faucet {
	t.Helper()
	f, err := New("dbc-devnet-1", s, chain.NewKeySigner(secp256k1.GenPrivKey()), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func address() string { return chain.Address(secp256k1.GenPrivKey().PubKey()) }

func ask(f *Faucet, method, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.ServeHTTP(w, httptest.NewRequest(method, api.PathFaucet, strings.NewReader(body)))
	return w
}

func TestOnlyDevnets(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"dbc-testnet-1", "dbc-1", "dbc-devnet-", "dbc-devnet-1x", "x-dbc-devnet-1", "dbc-devnet-1\n"} {
		if _, err := New(id, &sent{}, nil, nil); !errors.Is(err, ErrNotDevnet) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestGift(t *testing.T) {
	t.Parallel()
	s := &sent{}
	f, to := open(t, s), address()
	w := ask(f, "POST", fmt.Sprintf(`{"address":%q,"amount":5}`, to))
	if w.Code != http.StatusOK || w.Body.String() != `{"errcode":0,"message":{"amount":"5","tx_hash":"AB","height":7}}` {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	msg, ok := s.msgs[0].(*banktypes.MsgSend)
	if !ok || msg.ToAddress != to || msg.Amount.String() != "5udbc" || msg.FromAddress != chain.Address(f.key.PubKey()) {
		t.Errorf("sent %v", s.msgs)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	to := address()
	for name, c := range map[string]struct {
		method, body string
		err          error
		status       int
		has          string
	}{
		"method":      {"GET", "", nil, 400, "BAD_METHOD"},
		"no address":  {"POST", `{}`, nil, 400, `"field":"address"`},
		"other chain": {"POST", `{"address":"cosmos1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu"}`, nil, 400, `"field":"address"`},
		"no amount":   {"POST", `{"address":"` + to + `","amount":1.5}`, nil, 400, `"field":"amount"`},
		"zero":        {"POST", `{"address":"` + to + `","amount":"0"}`, nil, 400, `"field":"amount"`},
		"too much":    {"POST", `{"address":"` + to + `","amount":"1000000001"}`, nil, 400, `"limit":"1 to 1000000000 udbc"`},
		"away":        {"POST", `{"address":"` + to + `"}`, chain.ErrUnreachable, 502, "CHAIN_UNREACHABLE"},
		"refused":     {"POST", `{"address":"` + to + `"}`, &chain.Refused{Log: "no"}, 409, "CHAIN_REFUSED"},
		"expired":     {"POST", `{"address":"` + to + `"}`, chain.ErrExpired, 504, "TIMEOUT"},
		"unforeseen":  {"POST", `{"address":"` + to + `"}`, errors.New("secret"), 502, "its log says why"},
	} {
		w := ask(open(t, &sent{err: c.err}), c.method, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.has) || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// TestLimits verifies the limits per address and in total within an hour, and
// that they are reset afterwards.
func TestLimits(t *testing.T) {
	t.Parallel()
	f := open(t, &sent{})
	now := time.Unix(1_800_000_000, 0)
	f.now = func() time.Time { return now }
	to, until := address(), fmt.Sprintf(`"retry":"at","retry_at":%q`, now.Add(window).UTC().Format(time.RFC3339))
	for i := range perAddress + 1 {
		w := ask(f, "POST", fmt.Sprintf(`{"address":%q}`, to))
		if want := map[bool]int{true: 200, false: 429}[i < perAddress]; w.Code != want {
			t.Fatalf("gift %d: %d %s", i, w.Code, w.Body)
		}
		if i == perAddress && !strings.Contains(w.Body.String(), until) {
			t.Errorf("refused without the time from which it is not, want %s: %s", until, w.Body)
		}
		now = now.Add(time.Second)
	}
	for range perWindow - perAddress {
		if w := ask(f, "POST", fmt.Sprintf(`{"address":%q}`, address())); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if w := ask(f, "POST", fmt.Sprintf(`{"address":%q}`, address())); w.Code != http.StatusTooManyRequests || !strings.Contains(w.Body.String(), until) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	now = now.Add(window)
	if w := ask(f, "POST", fmt.Sprintf(`{"address":%q}`, to)); w.Code != http.StatusOK {
		t.Errorf("an hour later: %d %s", w.Code, w.Body)
	}
}
