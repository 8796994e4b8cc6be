package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/app/openapi"
)

func TestNameStates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, url, want string }{
		{"word", machinesPath + "?state=online", "2"},
		{"word in capitals", machinesPath + "/?state=Offline", "3"},
		{"name", machinesPath + "?state=MACHINE_STATE_RETIRED&country=DE", "4"},
		{"number", machinesPath + "?state=2", "2"},
		{"none", machinesPath, ""},
		{"another route", "/cosmos/base?state=online", "online"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			served := false
			handler := nameStates(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				served = true
				require.Equal(t, c.want, r.URL.Query().Get("state"))
			}))
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, c.url, nil))
			require.True(t, served)
		})
	}
	reply := httptest.NewRecorder()
	nameStates(http.NotFoundHandler()).ServeHTTP(reply, httptest.NewRequest(http.MethodGet, machinesPath+"?state=idle", nil))
	require.Equal(t, http.StatusBadRequest, reply.Code)
	require.Contains(t, reply.Body.String(), "must be bonded, online, offline or retired")
}

// TestOpenAPIHasEveryQuery verifies that the document has every query of this
// chain, with unique ids.
func TestOpenAPIHasEveryQuery(t *testing.T) {
	t.Parallel()
	reply := httptest.NewRecorder()
	serveOpenAPI(reply, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	require.Equal(t, openapi.Document, reply.Body.Bytes())
	var document struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	require.NoError(t, json.Unmarshal(openapi.Document, &document))
	var ids []string
	for path, methods := range document.Paths {
		require.Contains(t, methods, "get", path)
		ids = append(ids, methods["get"].OperationID)
	}
	require.ElementsMatch(t, []string{
		"GuardBrake", "GuardParams",
		"MachineMachine", "MachineMachines", "MachineChallenge", "MachineParams",
		"RentalRental", "RentalRentalsByRenter", "RentalRentalsByMachine", "RentalQuote", "RentalExplain", "RentalParams",
	}, ids)
}
