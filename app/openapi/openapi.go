// Package openapi contains the OpenAPI document of the chain's REST API, which
// scripts/proto-gen.sh generates from the protos.
package openapi

import _ "embed"

// Document describes the queries of x/machine and x/rental over REST.
//
//go:embed openapi.json
var Document []byte
