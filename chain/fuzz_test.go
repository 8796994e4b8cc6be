package chain

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/rental"
)

// FuzzRefused verifies that a refusal keeps a code and a reason, whatever the
// chain's text is.
func FuzzRefused(f *testing.F) {
	f.Add("codespace rental code 5: machine not rentable: slots is 4")
	f.Add("failed to execute message; message index: 0: codespace rental code 4: a: a: b")
	f.Fuzz(func(t *testing.T, message string) {
		r := refusedQuery(3, message)
		if r.Codespace == "" || (r.Codespace == "grpc" && r.Code != 3) {
			t.Errorf("%q: %+v", message, r)
		}
		if said, _ := detail.Read(message); !strings.HasSuffix(said, r.Reason()) {
			t.Errorf("%q: reason %q is not its end", message, r.Reason())
		}
	})
}

// FuzzHashGenesis verifies that spaces around a document and the order of its
// keys do not matter, and that invalid documents are refused.
func FuzzHashGenesis(f *testing.F) {
	f.Add([]byte(`{"chain_id":"dbc-devnet-1","n":12345678901234567890}`))
	f.Add([]byte(`[1e400]`))
	f.Add([]byte(`{"b":[],"a":{"d":null,"c":"\u0000"}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		sum, err := HashGenesis(bytes.NewReader(doc))
		if err != nil {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(doc))
		decoder.UseNumber()
		var v any
		if err := decoder.Decode(&v); err != nil {
			t.Fatalf("%q: no document for the standard library: %v", doc, err)
		}
		sorted, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := HashGenesis(bytes.NewReader(sorted)); err != nil || again != sum {
			t.Errorf("%q: %x, sorted and with spaces %x, %v", doc, sum, again, err)
		}
	})
}

// FuzzTxResult verifies that answers of a dbcd, which may be hostile, are
// either decoded or refused.
func FuzzTxResult(f *testing.F) {
	answer := sdk.TxMsgData{}
	data, err := answer.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, `"d75a98"`)
	f.Add([]byte{0x12, 3, 0x0a, 1, 'x'}, `{`)
	f.Fuzz(func(t *testing.T, data []byte, attribute string) {
		ids := touched(nil, map[string]bool{}, []abci.Event{{
			Type: "dbc.rental.v1.EventRented", Attributes: []abci.EventAttribute{{Key: "machine_id", Value: attribute}},
		}})
		if len(ids) > 1 || (len(ids) == 1 && ids[0] == "") {
			t.Errorf("%q touches %q", attribute, ids)
		}
		res, err := newTxResult(&sdk.TxResponse{Timestamp: "2026-01-02T03:04:05Z", Data: hex.EncodeToString(data)}, 0)
		if err != nil {
			return
		}
		var rented rental.MsgRentMachineResponse
		if err := res.Response(len(res.Responses), &rented); err == nil {
			t.Error("an answer that is not there was read")
		}
		for i := range res.Responses {
			_ = res.Response(i, &rented) // an error or not, but never a panic
		}
	})
}

// FuzzParseAddress verifies that an accepted address has only one spelling.
func FuzzParseAddress(f *testing.F) {
	f.Add(AddressOf(make([]byte, 20)))
	f.Add("dbc1")
	f.Add("cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqnrql8a")
	f.Fuzz(func(t *testing.T, text string) {
		account, err := ParseAddress(text)
		if err != nil {
			return
		}
		if back := AddressOf(account); !strings.EqualFold(back, strings.TrimSpace(text)) {
			t.Errorf("%q is %q", text, back)
		}
	})
}

// FuzzGasUsed verifies that gas is a number of at most 48 bits.
func FuzzGasUsed(f *testing.F) {
	f.Add([]byte(`{"gas_info":{"gas_used":"81234"}}`))
	f.Add([]byte(`{"gas_info":{"gas_used":"-1"}}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		if used, err := parseGasUsed(value); err == nil && used >= 1<<48 {
			t.Error(used)
		}
	})
}

// FuzzDialAddresses verifies that a connection is in plain text only if it
// stays on this computer or http:// was written.
func FuzzDialAddresses(f *testing.F) {
	f.Add("127.0.0.1:9090")
	f.Add("https://chain.example:443")
	f.Add("tcp://127.0.0.1:26657")
	f.Fuzz(func(t *testing.T, text string) {
		if at, err := parseRPC(text); err == nil && !strings.HasPrefix(at, "http://") && !strings.HasPrefix(at, "https://") {
			t.Errorf("rpc %q is %q", text, at)
		}
		host, plain, err := parseGRPC(text)
		if err == nil && plain && !strings.HasPrefix(text, "http://") {
			if name, _, _ := net.SplitHostPort(host); !loopback(name) {
				t.Errorf("grpc %q goes to %q in plain text", text, host)
			}
		}
	})
}
