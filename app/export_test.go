package app

import storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

// StoreKey gives tests the stores to compare.
func (app *App) StoreKey(name string) *storetypes.KVStoreKey { return app.keys[name] }
