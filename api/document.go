package api

import _ "embed"

// openAPI is written by make spec from the routes.
//
//go:embed openapi.json
var openAPI []byte

// OpenAPI returns the API as an OpenAPI 3.1 document.
func OpenAPI() Document { return openAPI }
