package chain

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"cosmossdk.io/math"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"

	"github.com/dbc-network/dbc/x/rental"
)

func TestParseGRPC(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]struct {
		host  string
		plain bool
	}{
		"127.0.0.1:9090": {"127.0.0.1:9090", true}, "[::1]:9090": {"[::1]:9090", true}, "localhost:1": {"localhost:1", true},
		"example.org:443": {"example.org:443", false}, "10.0.0.1:9090": {"10.0.0.1:9090", false},
		"http://10.0.0.1:9090": {"10.0.0.1:9090", true}, "https://127.0.0.1:9090": {"127.0.0.1:9090", false},
	} {
		if host, plain, err := parseGRPC(target); err != nil || host != want.host || plain != want.plain {
			t.Errorf("%s: %s %v %v", target, host, plain, err)
		}
	}
	for _, target := range []string{"", "localhost", "ftp://x:1", "http://x"} {
		if host, _, err := parseGRPC(target); err == nil {
			t.Errorf("%q: %s passed", target, host)
		}
	}
}

func TestFeeRoundsUp(t *testing.T) {
	t.Parallel()
	price := sdk.DecCoin{Denom: Denom, Amount: math.LegacyNewDecWithPrec(1, 2)}
	for gas, want := range map[uint64]uint64{0: 0, 1: 1, 100: 1, 101: 2, 200_000: 2000} {
		if got := feeOf(price, gas).Uint64(); got != want {
			t.Errorf("gas %d costs %d, want %d", gas, got, want)
		}
	}
}

func TestQueryError(t *testing.T) {
	t.Parallel()
	for code, want := range map[codes.Code]error{
		codes.Unavailable: ErrUnreachable, codes.DeadlineExceeded: ErrUnreachable, codes.NotFound: ErrNotFound,
	} {
		if err := queryError(t.Context(), "ask", status.Error(code, "x")); !errors.Is(err, want) {
			t.Errorf("%s: %v", code, err)
		}
	}
	var refused *Refused
	if err := queryError(t.Context(), "ask", status.Error(codes.InvalidArgument, "x")); !errors.As(err, &refused) || refused.Log != "x" {
		t.Errorf("%v", err)
	}
}

func TestDraftIsSignedForItsChain(t *testing.T) {
	t.Parallel()
	signer := NewKeySigner(secp256k1.GenPrivKey())
	msgs, err := packMsgs([]sdk.Msg{&rental.MsgConfirmRent{Renter: Address(signer.PubKey()), RentId: 7}})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := draft{chainID: "dbc-devnet-1", number: 3, sequence: 4, gas: 100, fee: 1, last: 9, msgs: msgs}.sign(t.Context(), signer, false)
	if err != nil {
		t.Fatal(err)
	}
	var tx sdktx.TxRaw
	if err := tx.Unmarshal(raw); err != nil {
		t.Fatal(err)
	}
	for chainID, valid := range map[string]bool{"dbc-devnet-1": true, "dbc-devnet-2": false} {
		doc, err := (&sdktx.SignDoc{
			BodyBytes: tx.BodyBytes, AuthInfoBytes: tx.AuthInfoBytes, ChainId: chainID, AccountNumber: 3,
		}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if signer.PubKey().VerifySignature(doc, tx.Signatures[0]) != valid {
			t.Errorf("signature on %s: want %v", chainID, valid)
		}
	}
}

func TestParseGasUsed(t *testing.T) {
	t.Parallel()
	if gas, err := parseGasUsed([]byte(`{"gas_info":{"gas_wanted":"0","gas_used":"12345"},"result":{}}`)); err != nil || gas != 12345 {
		t.Errorf("%d, %v", gas, err)
	}
	for _, text := range []string{"", "{}", `{"gas_info":{"gas_used":"-1"}}`, `{"gas_info":{"gas_used":"99999999999999999999"}}`} {
		if gas, err := parseGasUsed([]byte(text)); err == nil {
			t.Errorf("%q: %d passed", text, gas)
		}
	}
}

func TestWakesMelt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wakes := make(chan struct{}, 1)
		for range 5 {
			wake(wakes)
		}
		if len(wakes) != 1 {
			t.Errorf("%d wakes wait", len(wakes))
		}
	})
}

// TestHeadUnreachable verifies that a node with nonsensical answers does not
// count as a chain.
func TestHeadUnreachable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode("hello")
	}))
	t.Cleanup(server.Close)
	c, err := Dial(t.Context(), Config{GRPC: "127.0.0.1:1", RPC: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Head(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("head: %v", err)
	}
	if _, err := c.Rental(t.Context(), 1); !errors.Is(err, ErrUnreachable) {
		t.Errorf("rental: %v", err)
	}
}
