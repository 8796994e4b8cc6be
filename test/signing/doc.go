// Package signing checks the project's auth package against the Cosmos SDK,
// whose keyrings and wallets make the signatures that nodes verify. It is
// separate so that auth and its own tests do not depend on the SDK.
package signing
