// Package schema has the JSON schemas of chain.json and assetlist.json, which its test
// holds the networks against. They are this project's own, and narrower than those of
// the Cosmos chain registry, whose text is not included.
package schema
