package httpapi

import "errors"

var (
	// ErrBody means that the body is not the JSON that the route takes.
	ErrBody = errors.New("bad request body")
	// ErrMethod means that the route takes another method.
	ErrMethod = errors.New("method not allowed")
	// ErrPath means that there is no such route.
	ErrPath = errors.New("no such route")
	// ErrForbiddenHost means that the Host header is not one of this node's names.
	ErrForbiddenHost = errors.New("host not allowed")
	// ErrForbiddenOrigin means that a page of another origin asks.
	ErrForbiddenOrigin = errors.New("origin not allowed")
)
