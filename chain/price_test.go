package chain

import (
	"context"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/dbc-network/dbc/x/guard"
)

// floor is a dbcd with a single parameter.
type floor struct {
	guard.UnimplementedQueryServer
	price uint64
}

func (f *floor) Params(context.Context, *guard.QueryParamsRequest) (*guard.QueryParamsResponse, error) {
	return &guard.QueryParamsResponse{Params: guard.Params{MinGasPrice: f.price}}, nil
}

// TestFeeFollowsTheFloor verifies that the fee follows the floor set by
// governance, up to the limit: a dbcd could claim any floor.
func TestFeeFollowsTheFloor(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	dbcd := &floor{}
	server := grpc.NewServer(grpc.ForceServerCodec(newCodec().GRPCCodec()))
	guard.RegisterQueryServer(server, dbcd)
	go func() { _ = server.Serve(listener) }() // returns after Stop
	t.Cleanup(server.Stop)
	for name, c := range map[string]struct {
		own, most string
		floor     uint64
		gas, want uint64
		err       error
	}{
		"no floor":             {floor: 0, gas: 200_000, want: 2_000},
		"the usual":            {floor: 10_000, gas: 200_001, want: 2_001},
		"raised":               {floor: 50_001, gas: 200_000, want: 10_001},
		"own price above":      {own: "0.5udbc", floor: 50_000, gas: 100, want: 50},
		"at the limit":         {floor: 1_000_000, gas: 200_000, want: 200_000},
		"above the limit":      {floor: 1_000_001, gas: 200_000, err: ErrGasPrice},
		"a little gas rounds":  {floor: 1_000_000, gas: 1, want: 1},
		"a higher limit":       {most: "3udbc", floor: 2_500_000, gas: 200_000, want: 500_000},
		"a limit below own":    {own: "0.5udbc", most: "0.1udbc", floor: 10_000, gas: 100, want: 50},
		"more than a number":   {most: "1000000udbc", floor: 1_000_000_000_000, gas: 1 << 60, err: ErrGasPrice},
		"the most of governed": {floor: 1_000_000_000_000, gas: 200_000, err: ErrGasPrice},
	} {
		client, err := Dial(t.Context(), Config{ChainID: "a", GRPC: listener.Addr().String(), RPC: "http://127.0.0.1:1", GasPrice: c.own, MaxGasPrice: c.most})
		require.NoError(t, err)
		dbcd.price = c.floor
		fee, err := client.fee(t.Context(), c.gas)
		require.ErrorIs(t, err, c.err, name)
		require.Equal(t, c.want, fee, name)
		require.NoError(t, client.Close())
	}
}
