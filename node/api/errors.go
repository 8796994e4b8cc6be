package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/console"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/trust"
)

var (
	// ErrBody means: the body is not the JSON that the route takes.
	ErrBody = errors.New("bad request body")
	// ErrMethod means: the route takes another method.
	ErrMethod = errors.New("method not allowed")
	// ErrPath means: there is no such route.
	ErrPath = errors.New("no such route")
	// ErrMachine means: the request is for another machine.
	ErrMachine = errors.New("not this machine")
	// ErrNoAuthority means: the route needs a signature.
	ErrNoAuthority = errors.New("signature missing")
	// ErrNoRental means: the wallet has no open rental on this machine.
	ErrNoRental = errors.New("no open rental on this machine")
	// ErrTicketRights means: a ticket can't do this at all.
	ErrTicketRights = errors.New("a ticket can't do this")
	// ErrTicketElsewhere means: a ticket that names no machine, of a wallet that
	// rents another one: its host could use the ticket there.
	ErrTicketElsewhere = errors.New("the ticket names no machine and its wallet rents another one too")
	// ErrTicketOld means: a ticket that names no machine is older than the rental.
	ErrTicketOld = errors.New("the ticket names no machine and was issued before the rental began")
	// ErrScope means: the session's scope doesn't reach so far.
	ErrScope = errors.New("the session's scope doesn't allow this")
	// ErrSessionID means: the wallet has no session of this id.
	ErrSessionID = errors.New("no such session of this wallet")
	// ErrForbiddenHost means: the Host header is not one of this node's names.
	ErrForbiddenHost = errors.New("host not allowed")
	// ErrForbiddenOrigin means: a page of another origin asks.
	ErrForbiddenOrigin = errors.New("origin not allowed")
	// errAway is what the caller is told of a hypervisor, or a node's helper, that
	// does not answer: whose fault it is, is the log's.
	errAway = errors.New("the machine does not reach its virtual machines now; they go on; try again in a minute")
	// errInternal is what the caller is told of what is in the log.
	errInternal = errors.New("the node failed; its log says why")
)

// verdict is how an error goes over the wire. Errcode is the original's number
// where it had one for this, else its -3.
type verdict struct {
	is      error
	errcode int
	code    string
	status  int
}

// CodeReplayed is the code of a request that was taken before.
const CodeReplayed = "REPLAYED"

// verdicts is the one table; the first that fits counts.
var verdicts = []verdict{
	{ErrBody, -32600, "BAD_REQUEST", http.StatusBadRequest},
	{ErrMethod, -32600, "BAD_METHOD", http.StatusBadRequest},
	{ErrPath, -32601, "NOT_FOUND", http.StatusNotFound},
	{ErrMachine, -8, "WRONG_MACHINE", http.StatusNotFound},
	{ErrForbiddenHost, -3, "HOST_REFUSED", http.StatusForbidden},
	{ErrForbiddenOrigin, -3, "ORIGIN_REFUSED", http.StatusForbidden},

	{ErrNoAuthority, -3, "AUTH_MISSING", http.StatusUnauthorized},
	{auth.ErrMalformed, -3, "AUTH_MALFORMED", http.StatusUnauthorized},
	{auth.ErrSignature, -3, "AUTH_SIGNATURE", http.StatusUnauthorized},
	{auth.ErrClockSkew, -3, "CLOCK_SKEW", http.StatusUnauthorized},
	{auth.ErrForgotten, -3, "CLOCK_SKEW", http.StatusUnauthorized},
	{auth.ErrReplayed, -3, CodeReplayed, http.StatusUnauthorized},
	{auth.ErrNoSession, -3, "NO_SESSION", http.StatusUnauthorized},
	{auth.ErrExpired, -3, "TICKET_EXPIRED", http.StatusUnauthorized},
	{auth.ErrWrongMachine, -3, "TICKET_MACHINE", http.StatusForbidden},
	{ErrTicketRights, -3, "TICKET_RIGHTS", http.StatusForbidden},
	{ErrTicketElsewhere, -3, "TICKET_ELSEWHERE", http.StatusForbidden},
	{ErrTicketOld, -3, "TICKET_OLD", http.StatusForbidden},
	{ErrScope, -3, "SESSION_SCOPE", http.StatusForbidden},
	{ErrSessionID, -8, "SESSION_NOT_FOUND", http.StatusNotFound},
	{journal.ErrSessions, -3, "TOO_MANY_SESSIONS", http.StatusTooManyRequests},
	{budget.ErrFull, -3, "TOO_MANY_REQUESTS", http.StatusTooManyRequests},
	{budget.ErrSlow, -32600, "BAD_REQUEST", http.StatusBadRequest},
	{ErrTurns, -3, "TOO_MANY_REQUESTS", http.StatusTooManyRequests},
	{journal.ErrNonces, -3, "TOO_MANY_REQUESTS", http.StatusTooManyRequests},
	{ErrNoRental, -3, "NO_RENTAL", http.StatusForbidden},
	{console.ErrToken, -3, "BAD_TOKEN", http.StatusUnauthorized},
	{console.ErrBusy, -3, "OPEN_ELSEWHERE", http.StatusConflict},
	{console.ErrTooMany, -3, "TOO_MANY_OPEN", http.StatusTooManyRequests},

	{host.ErrInvalid, -4, "BAD_VALUE", http.StatusBadRequest},
	{host.ErrPortTaken, -4, "PORT_TAKEN", http.StatusConflict},
	{host.ErrShare, -4, "SHARE_EXCEEDED", http.StatusConflict},
	{host.ErrClearing, -3, "STILL_CLEARING", http.StatusConflict},
	{host.ErrDisk, -14, "DISK_FULL", http.StatusConflict},
	{host.ErrImage, -8, "IMAGE_NOT_FOUND", http.StatusNotFound},
	{host.ErrExists, -9, "TASK_EXISTS", http.StatusConflict},
	{host.ErrNotFound, -8, "TASK_NOT_FOUND", http.StatusNotFound},
	{host.ErrBusy, -3, "BUSY", http.StatusConflict},
	{host.ErrState, -3, "WRONG_STATE", http.StatusConflict},
	{host.ErrAgent, -3, "NO_AGENT", http.StatusConflict},
	{host.ErrNotSupported, -3, "NOT_SUPPORTED", http.StatusUnprocessableEntity},

	{trust.ErrDoubt, -15, "CHAIN_IN_DOUBT", http.StatusBadGateway},
	{chain.ErrUnreachable, -15, "CHAIN_UNREACHABLE", http.StatusBadGateway},
	{context.DeadlineExceeded, -32700, "TIMEOUT", http.StatusGatewayTimeout},
	{errAway, -3, "VMS_AWAY", http.StatusServiceUnavailable},
	{errInternal, -3, "INTERNAL", http.StatusBadGateway},
}

// judge finds an error's verdict; known is false for one that nobody foresaw.
func judge(err error) (v verdict, known bool) {
	for _, v := range verdicts {
		if errors.Is(err, v.is) {
			return v, true
		}
	}
	return verdicts[len(verdicts)-1], false
}
