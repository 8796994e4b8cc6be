// Package market is the half of the Go SDK that needs the chain: wallets in a
// keyring, renting, renewing and sending. Package client is the other half.
package market
