// Package auth proves who asks a node for something, and who answered.
//
// A request carries either an exact signature (header DBC-Auth: it covers the
// chain, method, path, machine, body, time and a nonce for one use) or a ticket
// (pasted by hand: it covers only its own nonce, which carries an expiry, and so
// gives fewer rights). Both are signatures of a wallet's secp256k1 key over an
// ADR-036 document, which is what browser wallets make for signArbitrary:
// https://docs.cosmos.network/sdk/latest/reference/architecture/adr-036-arbitrary-signature
//
// A reply is signed by the machine's ed25519 key over the request it answers.
//
// The package is pure: no network, no storage and no Cosmos SDK, so that small
// tools can carry it. What a caller may do is decided elsewhere, by what the
// chain says about the wallet that this package has proved.
package auth

// HeaderName is the HTTP header that carries an exact signature.
const HeaderName = "DBC-Auth"

// The headers of a signed reply: the machine's id, and its signature.
const (
	HeaderMachine = "DBC-Machine"
	HeaderSign    = "DBC-Sign"
)
