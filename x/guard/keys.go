package guard

import "cosmossdk.io/collections"

// ModuleName is the module's name and store key. The module holds no money.
const ModuleName = "guard"

// StoreKey is the key of the module's store.
const StoreKey = ModuleName

// Prefixes of the store. A number is never reused for something else.
var (
	ParamsKey = collections.NewPrefix(0)
	BrakeKey  = collections.NewPrefix(1)
)
