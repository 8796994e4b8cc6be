// Package signing checks the project's auth package against the Cosmos SDK, whose
// keyrings and wallets make the signatures that nodes verify. It stands apart
// so that auth and its own tests stay free of the SDK.
package signing
