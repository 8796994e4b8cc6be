package faucet

import (
	"net/http"
	"testing"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/chain"
)

// FuzzRequest verifies that either an account gets coins, never more than a
// gift, or nothing is sent.
func FuzzRequest(f *testing.F) {
	f.Add(`{"address":"` + chain.AddressOf(make([]byte, 20)) + `","amount":"5udbc"}`)
	f.Add(`{"address":"` + chain.AddressOf(make([]byte, 32)) + `"}`)
	f.Add(`{"address":"dbc1x","amount":"99999999999999999999"}`)
	f.Fuzz(func(t *testing.T, body string) {
		s := &sent{}
		w := ask(open(t, s), http.MethodPost, body)
		if (w.Code == http.StatusOK) != (len(s.msgs) == 1) {
			t.Fatalf("%q: %d with %d messages", body, w.Code, len(s.msgs))
		}
		if len(s.msgs) == 0 {
			return
		}
		msg, ok := s.msgs[0].(*banktypes.MsgSend)
		if !ok {
			t.Fatalf("sent %T", s.msgs[0])
		}
		account, err := chain.ParseAddress(msg.ToAddress)
		if amount := msg.Amount.AmountOf(chain.Denom); err != nil || len(account) != 20 || !amount.IsPositive() || amount.Uint64() > gift {
			t.Errorf("%q sent %s to %q", body, msg.Amount, msg.ToAddress)
		}
	})
}
