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

	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/envelope"
)

// Path is where a client node answers searches.
const Path = "/api/v1/machines"

const (
	// maxBody of a search in bytes.
	maxBody = 64 << 10
	// searchLimit bounds one search; searching bounds how many run at once,
	// searchingOf those of one address.
	searchLimit = 10 * time.Second
	searching   = 8
	searchingOf = searching / 2
)

// Handler answers POST Path from an index.
func Handler(s *Store, log *slog.Logger) http.Handler {
	places := budget.NewPlaces(searching, searchingOf)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), searchLimit)
		defer cancel()
		page, err := serve(ctx, w, r, s, places)
		if err == nil {
			envelope.Write(w, page)
			return
		}
		if !envelope.Refuse(w, err) {
			log.Error("a search for machines failed", slog.Any("error", err))
		}
	})
}

func serve(ctx context.Context, w http.ResponseWriter, r *http.Request, s *Store, places *budget.Places) (Page, error) {
	if err := envelope.Method(r, http.MethodPost); err != nil {
		return Page{}, err
	}
	q, err := read(w, r)
	if err != nil {
		return Page{}, err
	}
	leave, err := places.Enter(ctx, budget.Source(r.RemoteAddr))
	if err != nil {
		return Page{}, late(err)
	}
	defer leave()
	page, err := s.Search(ctx, q)
	switch {
	case errors.Is(err, ErrIncomplete):
		return Page{}, &envelope.Refusal{
			Status: http.StatusBadGateway, ErrCode: -15, Code: "INDEX_INCOMPLETE",
			Message: ErrIncomplete.Error() + " from the chain; ask again in some seconds",
		}
	case err != nil && ctx.Err() != nil:
		return Page{}, late(err)
	}
	return page, err
}

// read takes limit as a string too, as the API does with every number.
func read(w http.ResponseWriter, r *http.Request) (Query, error) {
	var body struct {
		Query
		Limit json.RawMessage `json:"limit"`
		envelope.Caller
	}
	if err := envelope.Read(w, r, maxBody, &body); err != nil {
		return Query{}, err
	}
	if text := strings.Trim(string(body.Limit), `"`); text != "" && text != "null" {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return Query{}, envelope.BadValue("limit", text, fmt.Sprintf("a number from 1 to %d", maxLimit))
		}
		body.Query.Limit = uint32(n)
	}
	return body.Query, nil
}

func late(err error) error {
	return &envelope.Refusal{
		Status: http.StatusGatewayTimeout, ErrCode: -32700, Code: "TIMEOUT", Message: "search machines: " + err.Error(),
		Limit: searchLimit.String(),
	}
}
