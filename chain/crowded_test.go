package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/grpc"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/x/rental"
)

// crowded is a node on which others use the account's next sequence until block
// free.
type crowded struct {
	authtypes.UnimplementedQueryServer
	height atomic.Int64
	free   int64
}

func (c *crowded) AccountInfo(_ context.Context, req *authtypes.QueryAccountInfoRequest) (*authtypes.QueryAccountInfoResponse, error) {
	return &authtypes.QueryAccountInfoResponse{Info: &authtypes.BaseAccount{Address: req.Address, AccountNumber: 1, Sequence: 7}}, nil
}

// ServeHTTP serves CometBFT's RPC. Each status is one block later.
func (c *crowded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/websocket" {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		for err == nil {
			err = conn.Write(r.Context(), websocket.MessageText, []byte(`{"jsonrpc":"2.0","id":1,"result":{}}`))
		}
		return
	}
	var call struct {
		ID     json.RawMessage `json:"id"`
		Method string          `json:"method"`
	}
	_ = json.NewDecoder(r.Body).Decode(&call)
	result := fmt.Sprintf(`{"node_info":{"network":"dbc-devnet-1"},"sync_info":{"latest_block_height":"%d"},"validator_info":{}}`, c.height.Add(1))
	if call.Method == "abci_query" {
		result = `{"response":{"code":32,"codespace":"sdk","log":"account sequence mismatch, expected 8, got 7: incorrect account sequence"}}`
		if c.height.Load() >= c.free {
			result = `{"response":{"code":5,"codespace":"sdk","log":"the wallet is empty"}}`
		}
	}
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, call.ID, result)
}

// TestManyAtOnce verifies that a transaction, and one that is only tried, waits for
// its turn, however many are ahead of it, and that the chain's internal error is never
// shown.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]Config{
		"sent":       {Outbox: t.TempDir()},
		"only tried": {DryRun: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			manyAtOnce(t, config)
		})
	}
}

func manyAtOnce(t *testing.T, config Config) {
	c := &crowded{free: 60}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	authtypes.RegisterQueryServer(server, c)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	rpc := httptest.NewServer(c)
	t.Cleanup(rpc.Close)
	config.ChainID, config.GRPC, config.RPC = "dbc-devnet-1", listener.Addr().String(), rpc.URL
	client, err := Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	signer := NewKeySigner(secp256k1.GenPrivKey())
	send := func(ctx context.Context) error {
		_, err := client.Broadcast(ctx, signer, &rental.MsgConfirmRent{Renter: Address(signer.PubKey()), RentId: 1})
		return err
	}
	refused := new(Refused)
	if err := send(t.Context()); !errors.As(err, &refused) || refused.Code != 5 {
		t.Errorf("once it is his turn: %v", err)
	}
	// When the time is up, the error says why, and not in the chain's words.
	c.free = 1 << 40
	// Use no deadline, because a call's own timeout could expire before the
	// context.
	ctx, stop := context.WithCancelCause(t.Context())
	defer time.AfterFunc(200*time.Millisecond, func() { stop(context.DeadlineExceeded) }).Stop()
	if err := send(ctx); !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &refused) {
		t.Errorf("out of time: %v", err)
	}
	// The same holds after a hundred attempts.
	if err := send(t.Context()); !errors.Is(err, ErrCrowded) || errors.As(err, &refused) {
		t.Errorf("never his turn: %v", err)
	}
}
