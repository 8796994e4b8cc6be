package api

import (
	"context"
	_ "embed"
	"net/http"
)

// Document is a reply in JSON without the envelope.
type Document []byte

// openAPI is written by make spec from the route table.
//
//go:embed openapi.json
var openAPI []byte

func (s *Server) openAPI(context.Context, *call) (any, error) { return Document(openAPI), nil }

// OpenAPI answers with the document, for a client node: it is the same there.
func OpenAPI() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(openAPI)
	})
}
