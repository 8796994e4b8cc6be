package chain

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"google.golang.org/grpc"

	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/rental"
)

// rising is a node whose floor of gas prices doubles after each time that it was
// asked for, until it did so often enough. taken makes the account's sequence used by then.
type rising struct {
	authtypes.UnimplementedQueryServer
	sdktx.UnimplementedServiceServer

	mu     sync.Mutex
	floor  uint64
	rises  int
	taken  bool
	posted []sdktx.Tx
}

func (n *rising) AccountInfo(_ context.Context, req *authtypes.QueryAccountInfoRequest) (*authtypes.QueryAccountInfoResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	sequence := uint64(7)
	if n.taken {
		sequence += uint64(len(n.posted))
	}
	return &authtypes.QueryAccountInfoResponse{Info: &authtypes.BaseAccount{Address: req.Address, AccountNumber: 1, Sequence: sequence}}, nil
}

// floorOf answers for x/guard, whose service has a method of a name that x/auth's has too.
type floorOf struct {
	guard.UnimplementedQueryServer
	n *rising
}

func (f *floorOf) Params(context.Context, *guard.QueryParamsRequest) (*guard.QueryParamsResponse, error) {
	n := f.n
	n.mu.Lock()
	defer n.mu.Unlock()
	params := guard.DefaultParams()
	params.MinGasPrice = n.floor
	if n.rises > 0 {
		n.rises--
		n.floor *= 2
	}
	return &guard.QueryParamsResponse{Params: params}, nil
}

func (n *rising) BroadcastTx(_ context.Context, req *sdktx.BroadcastTxRequest) (*sdktx.BroadcastTxResponse, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var raw sdktx.TxRaw
	var tx sdktx.Tx
	if err := raw.Unmarshal(req.TxBytes); err != nil {
		return nil, err
	}
	tx.Body, tx.AuthInfo = &sdktx.TxBody{}, &sdktx.AuthInfo{}
	if err := errors.Join(tx.Body.Unmarshal(raw.BodyBytes), tx.AuthInfo.Unmarshal(raw.AuthInfoBytes)); err != nil {
		return nil, err
	}
	n.posted = append(n.posted, tx)
	params := guard.DefaultParams()
	params.MinGasPrice = n.floor
	reply := &sdk.TxResponse{}
	switch least, _ := params.MinFee(tx.AuthInfo.Fee.GasLimit); {
	case n.taken && len(n.posted) > 1:
		reply.Codespace, reply.Code = "sdk", 32
	case tx.AuthInfo.Fee.Amount.AmountOf(Denom).Uint64() < least:
		reply.Codespace, reply.Code, reply.RawLog = guard.ErrGasPrice.Codespace(), guard.ErrGasPrice.ABCICode(), "under the floor"
	}
	return &sdktx.BroadcastTxResponse{TxResponse: reply}, nil
}

// ServeHTTP is CometBFT's RPC.
func (n *rising) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var call struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
	}
	_ = json.NewDecoder(r.Body).Decode(&call)
	result := `{"node_info":{"network":"dbc-devnet-1"},"sync_info":{"latest_block_height":"5"},"validator_info":{}}`
	if call.Method == "abci_query" {
		used := base64.StdEncoding.EncodeToString([]byte(`{"gas_info":{"gas_used":"100000"}}`))
		result = fmt.Sprintf(`{"response":{"code":0,"value":%q}}`, used)
	}
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, call.ID, result)
}

// sendOver sends a message to a node until it is in its mempool.
func sendOver(t *testing.T, n *rising) error {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	authtypes.RegisterQueryServer(server, n)
	sdktx.RegisterServiceServer(server, n)
	guard.RegisterQueryServer(server, &floorOf{n: n})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	rpc := httptest.NewServer(n)
	t.Cleanup(rpc.Close)
	client, err := Dial(t.Context(), Config{ChainID: "dbc-devnet-1", GRPC: listener.Addr().String(), RPC: rpc.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	signer := NewKeySigner(secp256k1.GenPrivKey())
	address := Address(signer.PubKey())
	packed, err := codectypes.NewAnyWithValue(&rental.MsgConfirmRent{Renter: address, RentId: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = client.inTurn(t.Context(), client.signers.of(address), signer, []*codectypes.Any{packed})
	return err
}

// TestFloorRises: a transaction that pays too little because the floor rose after
// it was read is signed once more, for the same sequence, so that at most one of
// the two is ever included; never a third time, and never for another sequence.
func TestFloorRises(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		node  *rising
		posts int
		want  func(error) bool
	}{
		"never":                   {&rising{}, 1, func(err error) bool { return err == nil }},
		"once":                    {&rising{rises: 1}, 2, func(err error) bool { return err == nil }},
		"again and again":         {&rising{rises: 9}, 2, isUnderFloor},
		"and the first was taken": {&rising{rises: 1, taken: true}, 2, isTaken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := test.node
			n.floor = guard.DefaultMinGasPrice
			if err := sendOver(t, n); !test.want(err) {
				t.Errorf("it ended with %v", err)
			}
			if len(n.posted) != test.posts {
				t.Fatalf("%d were sent, want %d", len(n.posted), test.posts)
			}
			for _, tx := range n.posted {
				if sequence := tx.AuthInfo.SignerInfos[0].Sequence; sequence != 7 {
					t.Errorf("signed for sequence %d", sequence)
				}
			}
		})
	}
}
