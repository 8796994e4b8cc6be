// Package cosmjs verifies that the chain accepts what CosmJS signs. dbc.mjs
// generates its types and amino converters from the published protos alone, and
// vectors.mjs signs a sample of every message in both modes (`npm ci && npm run
// vectors` writes testdata/vectors.json, which the test here reads without
// npm).
package cosmjs
