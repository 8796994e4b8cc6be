package httpapi

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/budget"
)

// CheckJSON returns ErrBody for a body that is not JSON: a form could be sent by any
// web page without asking.
func CheckJSON(r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &api.Refusal{
			Kind: ErrBody, Field: "Content-Type", Value: r.Header.Get("Content-Type"), Limit: "application/json",
		}
	}
	return nil
}

// ReadBody reads JSON of at most api.MaxBody, whose bytes count in pool for the
// address that sends them, until they are released. It returns ErrBody, or what package
// budget returns for a pool that is full and for a sender that is slow.
func ReadBody(w http.ResponseWriter, r *http.Request, pool *budget.Bytes) (*budget.Body, error) {
	if err := CheckJSON(r); err != nil {
		return nil, err
	}
	body, err := pool.Read(w, r, budget.Source(r.RemoteAddr), api.MaxBody)
	switch {
	case errors.Is(err, budget.ErrFull), errors.Is(err, budget.ErrSlow):
		return nil, err
	case errors.Is(err, budget.ErrLong):
		return nil, BadBody(tooLong(api.MaxBody))
	case err != nil:
		return nil, BadBody(cutOff())
	}
	return body, nil
}

// Read decodes a JSON body of at most limit bytes.
func Read(w http.ResponseWriter, r *http.Request, limit int64, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		return BadBody(tooLong(limit))
	}
	if err != nil {
		return BadBody(cutOff())
	}
	return BadBody(api.Strict(body, into))
}

func tooLong(limit int64) *api.Wrong {
	return &api.Wrong{Field: "body", Value: "too long", Limit: fmt.Sprintf("at most %d bytes", limit)}
}

func cutOff() *api.Wrong {
	return &api.Wrong{Field: "body", Value: "cut off", Limit: "a JSON object"}
}

// BadBody returns ErrBody with the field that is at fault, or nil for nil.
func BadBody(err error) error {
	wrong := new(api.Wrong)
	if !errors.As(err, &wrong) {
		return err
	}
	return &api.Refusal{Kind: ErrBody, Field: wrong.Field, Value: wrong.Value, Limit: wrong.Limit}
}
