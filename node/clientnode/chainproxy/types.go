package chainproxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/httpapi"
)

// PathTypes serves the chain's own descriptors unmodified, as a
// cosmos.reflection.v1.FileDescriptorsResponse. In the RPC's JSON, as base64,
// they would be half as large again after compression.
const PathTypes = "/chain/types"

// typesQuery queries the chain for them.
const typesQuery = `/abci_query?path="/cosmos.reflection.v1.ReflectionService/FileDescriptors"`

// Types forwards the chain's descriptors.
func Types(to *url.URL, places *budget.Places, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), callLimit)
		defer cancel()
		leave, err := places.Enter(ctx, budget.Source(r.RemoteAddr))
		if err != nil {
			httpapi.Refuse(w, away(ctx, err))
			return
		}
		defer leave()
		types, err := readTypes(ctx, to)
		if err != nil {
			log.Debug("the chain's types were not read", slog.Any("error", err))
			httpapi.Refuse(w, away(ctx, err))
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(types) // the caller may be gone
	})
}

func readTypes(ctx context.Context, to *url.URL) (types []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to.String()+typesQuery, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the chain's types: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for the chain's types: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	var answer struct {
		Result struct {
			Response struct {
				Code  uint32 `json:"code"`
				Value []byte `json:"value"`
			} `json:"response"`
		} `json:"result"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxReply)).Decode(&answer); err != nil {
		return nil, fmt.Errorf("read the chain's types: %w", err)
	}
	if answer.Result.Response.Code != 0 || len(answer.Result.Response.Value) == 0 {
		return nil, fmt.Errorf("the chain gave no types: code %d", answer.Result.Response.Code)
	}
	return answer.Result.Response.Value, nil
}
