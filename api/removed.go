package api

import (
	"slices"
	"strings"
)

// Removed is a route that this API no longer has, or that the original's had and this one
// never will. It answers Gone, with what replaces it as the parameter replacement.
type Removed struct {
	// Path has a POST below it too.
	Path string
	// By is what does the same now: a route, or a command.
	By string
}

// removed is the table of all of them.
var removed = []Removed{
	{"/api/v1/images/download", "dbc image pull, on the machine"},
	{"/api/v1/images/downloadprogress", "dbc image pull, on the machine"},
	{"/api/v1/images/download_stop", "dbc image pull, on the machine"},
	{"/api/v1/images/delete", "dbc image delete, on the machine"},
}

// RemovedRoutes returns a copy of the table.
func RemovedRoutes() []Removed { return slices.Clone(removed) }

// Refusal returns what a request to the route is refused with.
func (r Removed) Refusal(path string) *Refusal {
	return &Refusal{
		Code: Gone, Field: "path", Value: Clip(path, MaxEcho), Limit: "the routes of " + PathOpenAPI,
		Message: "this route is gone; use " + r.By, Params: map[string]string{"replacement": r.By},
	}
}

// Serves reports whether a path is the removed one, or below it.
func (r Removed) Serves(path string) bool {
	return path == r.Path || strings.HasPrefix(path, r.Path+"/")
}
