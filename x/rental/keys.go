package rental

// ModuleName is the module's name, store key and module account.
const ModuleName = "rental"

// StoreKey is the key of the module's store.
const StoreKey = ModuleName
