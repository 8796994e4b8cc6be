package api

import (
	"context"
	_ "embed"
)

// Document is a reply in JSON without the envelope.
type Document []byte

// openAPI is written by make spec from the route table.
//
//go:embed openapi.json
var openAPI []byte

func (s *Server) openAPI(context.Context, *call) (any, error) { return Document(openAPI), nil }
