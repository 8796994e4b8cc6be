package testnet_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"

	"github.com/dbc-network/dbc/test/testnet"
)

// TestPublicInterfaces: a daemon as it is installed serves REST with states by
// name and a next key, its OpenAPI document, and gRPC reflection; pages of other
// origins get nothing.
func TestPublicInterfaces(t *testing.T) {
	m := newMarket(t, testnet.Config{Validators: 1})
	v := m.Validators[0]
	get := func(path string, status int) []byte {
		t.Helper()
		req, err := http.NewRequestWithContext(m.ctx(), http.MethodGet, v.REST+path, nil)
		require.NoError(t, err)
		req.Header.Set("Origin", "https://elsewhere.example")
		reply, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer func() { _ = reply.Body.Close() }()
		body, err := io.ReadAll(reply.Body)
		require.NoError(t, err)
		require.Equal(t, status, reply.StatusCode, "%s", body)
		require.Empty(t, reply.Header.Get("Access-Control-Allow-Origin"))
		return body
	}
	for _, state := range []string{"online", "MACHINE_STATE_ONLINE", "2"} {
		var page struct {
			Listings []struct{ Machine struct{ ID, State string } }
		}
		require.NoError(t, json.Unmarshal(get("/dbc/machine/v1/machines?pagination.limit=1&state="+state, http.StatusOK), &page))
		require.Len(t, page.Listings, 1, state)
		require.Equal(t, "MACHINE_STATE_ONLINE", page.Listings[0].Machine.State)
	}
	require.Contains(t, string(get("/dbc/machine/v1/machines?state=idle", http.StatusBadRequest)), "bonded, online, offline or retired")
	require.Contains(t, string(get("/dbc/machine/v1/machines?pagination.limit=501", http.StatusBadRequest)), "at most 500")
	var health struct{ Healthy bool }
	require.NoError(t, json.Unmarshal(get("/health", http.StatusOK), &health))
	require.True(t, health.Healthy)
	var document struct{ Paths map[string]any }
	require.NoError(t, json.Unmarshal(get("/openapi.json", http.StatusOK), &document))
	require.Contains(t, document.Paths, "/dbc/rental/v1/rentals/{rent_id}")

	conn, err := grpc.NewClient(v.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	stream, err := grpc_reflection_v1alpha.NewServerReflectionClient(conn).ServerReflectionInfo(m.ctx())
	require.NoError(t, err)
	require.NoError(t, stream.Send(&grpc_reflection_v1alpha.ServerReflectionRequest{ //nolint:staticcheck // the SDK serves v1alpha
		MessageRequest: &grpc_reflection_v1alpha.ServerReflectionRequest_ListServices{},
	}))
	reply, err := stream.Recv()
	require.NoError(t, err)
	var services []string
	for _, service := range reply.GetListServicesResponse().GetService() { //nolint:staticcheck // the SDK serves v1alpha
		services = append(services, service.Name) //nolint:staticcheck // the SDK serves v1alpha
	}
	require.Subset(t, services, []string{"dbc.machine.v1.Query", "dbc.rental.v1.Query"})
}
