package market

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/httpapi"
)

const (
	// maxBody bounds a search request in bytes.
	maxBody = 64 << 10
	// searchLimit bounds one search, searching the number of concurrent ones,
	// searchingOf those from one address.
	searchLimit = 10 * time.Second
	searching   = 8
	searchingOf = searching / 2
)

// Handler serves POST api.PathMachines from an index.
func Handler(s *Store, log *slog.Logger) http.Handler {
	places := budget.NewPlaces(searching, searchingOf)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), searchLimit)
		defer cancel()
		page, err := serve(ctx, w, r, s, places)
		if err == nil {
			httpapi.Write(w, page)
			return
		}
		if !httpapi.Refuse(w, err) {
			log.Error("a search for machines failed", slog.Any("error", err))
		}
	})
}

func serve(ctx context.Context, w http.ResponseWriter, r *http.Request, s *Store, places *budget.Places) (api.SearchResult, error) {
	if err := httpapi.Method(r, http.MethodPost); err != nil {
		return api.SearchResult{}, err
	}
	q, err := read(w, r)
	if err != nil {
		return api.SearchResult{}, err
	}
	leave, err := places.Enter(ctx, budget.Source(r.RemoteAddr))
	if err != nil {
		return api.SearchResult{}, late(err)
	}
	defer leave()
	page, err := s.Search(ctx, q)
	switch {
	case errors.Is(err, ErrIncomplete):
		return api.SearchResult{}, &api.Refusal{
			Code:    api.IndexIncomplete,
			Message: ErrIncomplete.Error() + " from the chain; try again in a few seconds",
		}
	case err != nil && ctx.Err() != nil:
		return api.SearchResult{}, late(err)
	}
	return page, err
}

// read accepts limit as a string too, like every number of the API.
func read(w http.ResponseWriter, r *http.Request) (api.Search, error) {
	var body struct {
		api.Search
		Limit json.RawMessage `json:"limit"`
		api.Caller
	}
	if err := httpapi.Read(w, r, maxBody, &body); err != nil {
		return api.Search{}, err
	}
	if text := strings.Trim(string(body.Limit), `"`); text != "" && text != "null" {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return api.Search{}, httpapi.BadValue("limit", text, fmt.Sprintf("a number from 1 to %d", maxLimit))
		}
		body.Search.Limit = uint32(n)
	}
	return body.Search, nil
}

func late(err error) error {
	return &api.Refusal{
		Code: api.Timeout, Message: "search machines: " + err.Error(),
		Limit: searchLimit.String(),
	}
}
