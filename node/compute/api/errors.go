package api

import (
	"errors"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/compute/console"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/httpapi"
)

var (
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
	// errAway is what the caller is told of a hypervisor, or a node's helper, that
	// does not answer: whose fault it is, is the log's.
	errAway = errors.New("the machine does not reach its virtual machines now; they go on; try again in a minute")
)

// codes are this node's own; the first that fits counts.
var codes = httpapi.Codes{
	{ErrMachine, api.WrongMachine},
	{ErrNoAuthority, api.AuthMissing},
	{auth.ErrMalformed, api.AuthMalformed},
	{auth.ErrSignature, api.AuthSignature},
	{auth.ErrClockSkew, api.ClockSkew},
	{auth.ErrForgotten, api.ClockSkew},
	{auth.ErrReplayed, api.Replayed},
	{auth.ErrNoSession, api.NoSession},
	{auth.ErrExpired, api.TicketExpired},
	{auth.ErrWrongMachine, api.TicketMachine},
	{ErrTicketRights, api.TicketRights},
	{ErrTicketElsewhere, api.TicketElsewhere},
	{ErrTicketOld, api.TicketOld},
	{ErrScope, api.SessionScope},
	{ErrSessionID, api.SessionNotFound},
	{journal.ErrSessions, api.TooManySessions},
	{ErrTurns, api.TooManyRequests},
	{journal.ErrNonces, api.TooManyRequests},
	{ErrNoRental, api.NoRental},
	{console.ErrToken, api.BadToken},
	{console.ErrBusy, api.OpenElsewhere},
	{console.ErrTooMany, api.TooManyOpen},
	{host.ErrInvalid, api.BadValue},
	{host.ErrPortTaken, api.PortTaken},
	{host.ErrShare, api.ShareExceeded},
	{host.ErrClearing, api.StillClearing},
	{host.ErrCard, api.CardUnavailable},
	{host.ErrDisk, api.DiskFull},
	{host.ErrImage, api.ImageNotFound},
	{host.ErrExists, api.TaskExists},
	{host.ErrNotFound, api.TaskNotFound},
	{host.ErrBusy, api.Busy},
	{host.ErrState, api.WrongState},
	{host.ErrAgent, api.NoAgent},
	{host.ErrNotSupported, api.NotSupported},
	{trust.ErrDoubt, api.ChainInDoubt},
	{errAway, api.VMsAway},
}
