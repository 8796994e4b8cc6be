package machine

// ModuleName is the module's name, store key and module account.
const ModuleName = "machine"

// StoreKey is the key of the module's store.
const StoreKey = ModuleName
