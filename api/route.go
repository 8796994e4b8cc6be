package api

import (
	"slices"
	"strings"
	"time"
)

// Route describes one operation of the API. The muxes of both nodes, the OpenAPI
// document, the Postman collection and the API guide are made from Routes; nothing
// else adds a path.
type Route struct {
	// Name is the operation's id: lower case, words joined by _.
	Name string
	// Method is GET or POST. Path may hold a name in braces, and ends in {$} where
	// nothing may follow.
	Method, Path string
	// By is the node that answers.
	By Answerer
	// Authority is what the caller needs, Scope what a session needs for it; its
	// zero value is full.
	Authority Authority
	Scope     Scope
	// Stream is set for a WebSocket, whose bytes are another protocol's.
	Stream bool
	// MaxBody bounds the body in bytes, Limit the time of the answer. A stream's
	// Limit is that of its opening. 0 stands for the limits of most routes.
	MaxBody int
	Limit   time.Duration
	// Summary is one sentence, and SummaryZH the same in Chinese.
	Summary, SummaryZH string
	// Additional is a value of the type that the body's additional has, nil
	// where it has to be empty.
	Additional any
	// Body is a value of the type of the whole body, for a route that is asked
	// of no machine; nil where it is Request.
	Body any
	// Example is an additional, or a body, in JSON, for the Postman collection; ""
	// is {}.
	Example string
	// Reply is a value of the type of message; a string is "ok". A Document is
	// a reply without the envelope.
	Reply any
}

// Document is a reply in JSON that is not inside a Reply.
type Document []byte

// Answerer is the node that answers a route.
type Answerer int

const (
	// ByMachine is a compute node. A client node passes the request on.
	ByMachine Answerer = iota
	// ByMachineItself is a compute node that is asked directly: no client node
	// passes the request on.
	ByMachineItself
	// ByClientNode is a client node. No machine signs the reply.
	ByClientNode
	// ByEither is the node that is asked.
	ByEither
)

// Authority is what a route asks for.
type Authority int

const (
	// Everyone may ask.
	Everyone Authority = iota
	// AnyRenter may ask by a ticket too.
	AnyRenter
	// ExactRenter has to sign the very request: a ticket can be kept and sent
	// again by every node that it passed.
	ExactRenter
	// Granted carries a signed grant in its body, and needs no more.
	Granted
	// TokenHolder opens a WebSocket by a token of a signed request.
	TokenHolder
)

// Renters reports whether the request itself is signed or carries a ticket.
func (a Authority) Renters() bool { return a == AnyRenter || a == ExactRenter }

// CallLimit bounds one request to a machine, and OpenLimit the opening of a stream.
const (
	CallLimit = 30 * time.Second
	OpenLimit = 20 * time.Second
)

// Bounds returns the limits of a route's body and time.
func (r Route) Bounds() (bytes int, limit time.Duration) {
	bytes, limit = r.MaxBody, r.Limit
	if bytes == 0 && r.Method == "POST" {
		bytes = MaxBody
	}
	if limit == 0 {
		if limit = CallLimit; r.Stream {
			limit = OpenLimit
		}
	}
	return bytes, limit
}

// Changes reports whether a route can change anything.
func (r Route) Changes() bool {
	return r.Authority != Everyone && r.Scope != ScopeRead
}

// Routes returns a copy of the table. After a change, make spec writes what comes
// from it.
func Routes() []Route {
	return slices.Concat(nodeRoutes, sessionRoutes, taskRoutes, operationRoutes, streamRoutes, diskRoutes, marketRoutes)
}

// RouteOf returns the route of a POST to a path with its ids. ok is false for an
// unknown one.
func RouteOf(path string) (found Route, ok bool) {
	for _, r := range Routes() {
		// The longest match wins: tasks/{id} is a prefix of tasks/delete/{id}.
		stem, _, open := strings.Cut(r.Path, "{")
		fits := path == r.Path || open && strings.HasPrefix(path, stem)
		if r.Method == "POST" && fits && len(r.Path) > len(found.Path) {
			found, ok = r, true
		}
	}
	return found, ok
}
