package market

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/dbc-network/dbc/node/envelope"
)

// Path is where a client node answers searches.
const Path = "/api/v1/machines"

const (
	// maxBody of a search in bytes.
	maxBody = 64 << 10
	// searchLimit bounds one search; searching bounds how many run at once.
	searchLimit = 10 * time.Second
	searching   = 8
)

// Handler answers POST Path from an index.
func Handler(s *Store, log *slog.Logger) http.Handler {
	places := make(chan struct{}, searching)
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

func serve(ctx context.Context, w http.ResponseWriter, r *http.Request, s *Store, places chan struct{}) (Page, error) {
	if err := envelope.Method(r, http.MethodPost); err != nil {
		return Page{}, err
	}
	var q Query
	if err := envelope.Read(w, r, maxBody, &q); err != nil {
		return Page{}, err
	}
	select {
	case places <- struct{}{}:
		defer func() { <-places }()
	case <-ctx.Done():
		return Page{}, late(ctx.Err())
	}
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

func late(err error) error {
	return &envelope.Refusal{
		Status: http.StatusGatewayTimeout, ErrCode: -32700, Code: "TIMEOUT", Message: "search machines: " + err.Error(),
		Limit: searchLimit.String(),
	}
}
