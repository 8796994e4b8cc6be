package api

import "slices"

// Code names why a request was refused. Programs decide by it; a later version
// may add some.
type Code string

// The codes of both nodes.
const (
	BadRequest   Code = "BAD_REQUEST"
	BadMethod    Code = "BAD_METHOD"
	BadValue     Code = "BAD_VALUE"
	NotFound     Code = "NOT_FOUND"
	NotSupported Code = "NOT_SUPPORTED"
	Gone         Code = "GONE"

	HostRefused   Code = "HOST_REFUSED"
	OriginRefused Code = "ORIGIN_REFUSED"
	FetchRefused  Code = "FETCH_REFUSED"
	UpgradeWanted Code = "UPGRADE_WANTED"

	AuthMissing     Code = "AUTH_MISSING"
	AuthMalformed   Code = "AUTH_MALFORMED"
	AuthSignature   Code = "AUTH_SIGNATURE"
	ClockSkew       Code = "CLOCK_SKEW"
	Replayed        Code = "REPLAYED"
	NoSession       Code = "NO_SESSION"
	SessionScope    Code = "SESSION_SCOPE"
	SessionNotFound Code = "SESSION_NOT_FOUND"
	TicketExpired   Code = "TICKET_EXPIRED"
	TicketMachine   Code = "TICKET_MACHINE"
	TicketRights    Code = "TICKET_RIGHTS"
	TicketElsewhere Code = "TICKET_ELSEWHERE"
	TicketOld       Code = "TICKET_OLD"
	BadToken        Code = "BAD_TOKEN"
	NoRental        Code = "NO_RENTAL"

	TooManyRequests Code = "TOO_MANY_REQUESTS"
	TooManySessions Code = "TOO_MANY_SESSIONS"
	TooManyOpen     Code = "TOO_MANY_OPEN"
	OpenElsewhere   Code = "OPEN_ELSEWHERE"
	Timeout         Code = "TIMEOUT"
	Internal        Code = "INTERNAL"
)

// The codes of virtual machines.
const (
	WrongMachine    Code = "WRONG_MACHINE"
	PortTaken       Code = "PORT_TAKEN"
	ShareExceeded   Code = "SHARE_EXCEEDED"
	StillClearing   Code = "STILL_CLEARING"
	CardUnavailable Code = "CARD_UNAVAILABLE"
	DiskFull        Code = "DISK_FULL"
	ImageNotFound   Code = "IMAGE_NOT_FOUND"
	TaskExists      Code = "TASK_EXISTS"
	TaskNotFound    Code = "TASK_NOT_FOUND"
	Busy            Code = "BUSY"
	WrongState      Code = "WRONG_STATE"
	NoAgent         Code = "NO_AGENT"
	VMsAway         Code = "VMS_AWAY"
)

// The codes of the chain and of the way to a machine.
const (
	ChainInDoubt      Code = "CHAIN_IN_DOUBT"
	ChainBehind       Code = "CHAIN_BEHIND"
	ChainUnreachable  Code = "CHAIN_UNREACHABLE"
	ChainRefused      Code = "CHAIN_REFUSED"
	ChainRouteRefused Code = "CHAIN_ROUTE_REFUSED"
	RentOrderNotFound Code = "RENT_ORDER_NOT_FOUND"
	IndexIncomplete   Code = "INDEX_INCOMPLETE"
	FaucetLimit       Code = "FAUCET_LIMIT"
	NoMachine         Code = "NO_MACHINE"
	Unreachable       Code = "UNREACHABLE"
	AnotherNode       Code = "ANOTHER_NODE"
	BadGateway        Code = "GATEWAY"
)

// Meaning is what a code stands for.
type Meaning struct {
	Code Code
	// ErrCode is the error number of the original API, which has -3 for what it
	// does not know.
	ErrCode int
	// Status is the HTTP status.
	Status int
	Retry  Retry
	Fault  Fault
}

// Retry says when the same request can succeed.
type Retry string

const (
	// RetryNever means that the caller has to change the request or something
	// else first.
	RetryNever Retry = "never"
	// RetryLater means that the cause passes by itself.
	RetryLater Retry = "later"
	// RetryAt means that the refusal says from when.
	RetryAt Retry = "at"
)

// Fault says where the cause is.
type Fault string

const (
	// FaultCaller is the request, or what its wallet has.
	FaultCaller Fault = "caller"
	// FaultMachine is the machine, its host or its node.
	FaultMachine Fault = "machine"
	// FaultNode is the client node.
	FaultNode Fault = "node"
	// FaultChain is the chain, or a node's view of it.
	FaultChain Fault = "chain"
	// faultOwn is the node that answers; a reply never has it.
	faultOwn Fault = ""
)

// meanings is the one table.
var meanings = []Meaning{
	{BadRequest, -32600, 400, RetryNever, FaultCaller},
	{BadMethod, -32600, 400, RetryNever, FaultCaller},
	{BadValue, -4, 400, RetryNever, FaultCaller},
	{NotFound, -32601, 404, RetryNever, FaultCaller},
	{NotSupported, -3, 422, RetryNever, FaultCaller},
	{Gone, -32601, 410, RetryNever, FaultCaller},

	{HostRefused, -3, 403, RetryNever, FaultCaller},
	{OriginRefused, -3, 403, RetryNever, FaultCaller},
	{FetchRefused, -3, 403, RetryNever, FaultCaller},
	{UpgradeWanted, -32600, 400, RetryNever, FaultCaller},

	{AuthMissing, -3, 401, RetryNever, FaultCaller},
	{AuthMalformed, -3, 401, RetryNever, FaultCaller},
	{AuthSignature, -3, 401, RetryNever, FaultCaller},
	{ClockSkew, -3, 401, RetryNever, FaultCaller},
	{Replayed, -3, 401, RetryNever, FaultCaller},
	{NoSession, -3, 401, RetryNever, FaultCaller},
	{SessionScope, -3, 403, RetryNever, FaultCaller},
	{SessionNotFound, -8, 404, RetryNever, FaultCaller},
	{TicketExpired, -3, 401, RetryNever, FaultCaller},
	{TicketMachine, -3, 403, RetryNever, FaultCaller},
	{TicketRights, -3, 403, RetryNever, FaultCaller},
	{TicketElsewhere, -3, 403, RetryNever, FaultCaller},
	{TicketOld, -3, 403, RetryNever, FaultCaller},
	{BadToken, -3, 401, RetryNever, FaultCaller},
	{NoRental, -3, 403, RetryNever, FaultCaller},

	{TooManyRequests, -3, 429, RetryLater, FaultCaller},
	{TooManySessions, -3, 429, RetryLater, FaultCaller},
	{TooManyOpen, -3, 429, RetryLater, FaultCaller},
	{OpenElsewhere, -3, 409, RetryLater, FaultCaller},
	{Timeout, -32700, 504, RetryLater, faultOwn},
	{Internal, -3, 502, RetryLater, faultOwn},

	{WrongMachine, -8, 404, RetryNever, FaultCaller},
	{PortTaken, -4, 409, RetryNever, FaultCaller},
	{ShareExceeded, -4, 409, RetryNever, FaultCaller},
	{StillClearing, -3, 409, RetryLater, FaultMachine},
	{CardUnavailable, -3, 409, RetryLater, FaultMachine},
	{DiskFull, -14, 409, RetryLater, FaultMachine},
	{ImageNotFound, -8, 404, RetryNever, FaultCaller},
	{TaskExists, -9, 409, RetryNever, FaultCaller},
	{TaskNotFound, -8, 404, RetryNever, FaultCaller},
	{Busy, -3, 409, RetryLater, FaultCaller},
	{WrongState, -3, 409, RetryNever, FaultCaller},
	{NoAgent, -3, 409, RetryLater, FaultCaller},
	{VMsAway, -3, 503, RetryLater, FaultMachine},

	{ChainInDoubt, -15, 502, RetryLater, FaultChain},
	{ChainBehind, -15, 503, RetryLater, FaultChain},
	{ChainUnreachable, -15, 502, RetryLater, FaultChain},
	{ChainRefused, -3, 409, RetryLater, FaultChain},
	{ChainRouteRefused, -4, 403, RetryNever, FaultCaller},
	{RentOrderNotFound, -8, 404, RetryNever, FaultCaller},
	{IndexIncomplete, -15, 502, RetryLater, FaultNode},
	{FaucetLimit, -3, 429, RetryAt, FaultCaller},
	{NoMachine, -8, 404, RetryNever, FaultCaller},
	{Unreachable, -8, 502, RetryLater, FaultMachine},
	{AnotherNode, -8, 502, RetryLater, FaultMachine},
	{BadGateway, -3, 502, RetryLater, FaultNode},
}

// Meanings returns a copy of the table.
func Meanings() []Meaning { return slices.Clone(meanings) }

// MeaningOf returns a code's row, or that of Internal for an unknown code.
func MeaningOf(code Code) Meaning {
	for _, m := range meanings {
		if m.Code == code {
			return m
		}
	}
	return MeaningOf(Internal)
}
