package rental

import "github.com/dbc-network/dbc/x/machine"

// ModuleName is the module's name, store key and module account.
const ModuleName = "rental"

// StoreKey is the key of the module's store.
const StoreKey = ModuleName

// Denom is the coin of rents, fees and penalties: 1 DBC = 1,000,000 udbc.
const Denom = machine.Denom

// MaxTransitions bounds a rental's history.
const MaxTransitions = 16

// MaxClaims bounds the rentals of one ClaimRent.
const MaxClaims = 100
