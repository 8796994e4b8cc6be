package app

import storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

// StoreKey gives tests access to the stores.
func (app *App) StoreKey(name string) *storetypes.KVStoreKey { return app.keys[name] }
