package httpapi

import (
	"context"
	"errors"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/budget"
)

// Codes maps a node's errors to the codes of the API. The first that fits counts.
type Codes []struct {
	Is   error
	Code api.Code
}

// shared are the errors that both nodes have.
var shared = Codes{
	{ErrBody, api.BadRequest},
	{ErrMethod, api.BadMethod},
	{ErrPath, api.NotFound},
	{ErrForbiddenHost, api.HostRefused},
	{ErrForbiddenOrigin, api.OriginRefused},
	{budget.ErrFull, api.TooManyRequests},
	{budget.ErrSlow, api.BadRequest},
	{chain.ErrUnreachable, api.ChainUnreachable},
	{context.DeadlineExceeded, api.Timeout},
}

// Of returns the code of an error. ok is false for one that nobody foresaw.
func (c Codes) Of(err error) (code api.Code, ok bool) {
	if r := new(api.Refusal); errors.As(err, &r) && r.Code != "" {
		return r.Code, true
	}
	for _, list := range []Codes{c, shared} {
		for _, row := range list {
			if errors.Is(err, row.Is) {
				return row.Code, true
			}
		}
	}
	return api.Internal, false
}
