// Package cosmjs holds the chain to what CosmJS signs: dbc.mjs makes its types
// and amino converters from the published protos alone, and vectors.mjs signs a
// sample of every message in both modes (`npm ci && npm run vectors` writes
// testdata/vectors.json, which the test here needs no npm to read).
package cosmjs
