package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/dbc-network/dbc/app/openapi"
	"github.com/dbc-network/dbc/x/machine"
)

func serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openapi.Document) // a client that disconnected needs no answer
}

// machinesPath is the only route with an enum among its filters.
const machinesPath = "/dbc/machine/v1/machines"

// nameStates accepts a machine's state by its word or name in REST queries,
// because the gateway knows only numbers.
func nameStates(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		text := query.Get("state")
		if _, err := strconv.Atoi(text); err == nil || text == "" || strings.TrimSuffix(r.URL.Path, "/") != machinesPath {
			next.ServeHTTP(w, r)
			return
		}
		state, ok := machine.ParseState(text)
		if !ok {
			refuse(w, fmt.Sprintf("state %q: must be bonded, online, offline or retired", text))
			return
		}
		query.Set("state", strconv.Itoa(int(state)))
		named := r.Clone(r.Context())
		named.URL.RawQuery = query.Encode()
		next.ServeHTTP(w, named)
	})
}

// refuse answers in the gateway's format.
func refuse(w http.ResponseWriter, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": codes.InvalidArgument, "message": message, "details": []any{}})
}
