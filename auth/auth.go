// Package auth proves who sent a request to a node, and which machine answered.
//
// A request carries either an exact signature (header DBC-Auth: it covers the
// chain, method, path, machine, body, time and a single-use nonce) or a ticket
// (pasted by hand: it covers only its own nonce, which contains an expiry, and
// therefore grants fewer rights). Both are signatures by a wallet's secp256k1
// key over an ADR-036 document, which is what browser wallets produce for
// signArbitrary:
// https://docs.cosmos.network/sdk/latest/reference/architecture/adr-036-arbitrary-signature
//
// A reply is signed with the machine's ed25519 key over the request it answers.
//
// The package is pure: no network, no storage and no Cosmos SDK, so that small
// tools can import it. It does not decide what a caller may do; that follows
// from what the chain says about the wallet proved here.
package auth

// HeaderName is the HTTP header that carries an exact signature.
const HeaderName = "DBC-Auth"

// Headers of a signed reply: the machine's id and its signature.
const (
	HeaderMachine = "DBC-Machine"
	HeaderSign    = "DBC-Sign"
)
