package app

import (
	"context"
	"fmt"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"
)

// plan is an upgrade that this binary can execute when governance schedules it;
// cosmovisor swaps binaries at its height.
type plan struct {
	name string
	// stores that the upgrade adds, renames or deletes.
	stores storetypes.StoreUpgrades
	// before runs before the modules' migrations. It may be nil.
	before func(ctx context.Context, app *App) error
}

// rehearsed names one more plan, which changes nothing. The linker sets it to
// rehearse an upgrade (-X github.com/dbc-network/dbc/app.rehearsed=NAME); it is
// empty in every release.
var rehearsed string

// plans returns those of this version, newest last. The first release has none.
func plans() []plan {
	if rehearsed != "" {
		return []plan{{name: rehearsed}}
	}
	return nil
}

// registerUpgrades registers the upgrades that this binary can execute. Without
// a home there is no upgrade to continue, and x/upgrade would create a folder
// to look for one.
func (app *App) registerUpgrades(home string) error {
	var info upgradetypes.Plan
	if home != "" {
		var err error
		if info, err = app.Upgrade.ReadUpgradeInfoFromDisk(); err != nil {
			return fmt.Errorf("read upgrade info: %w", err)
		}
	}
	for _, p := range plans() {
		app.Upgrade.SetUpgradeHandler(p.name, app.upgrade(p))
		if info.Name == p.name && !app.Upgrade.IsSkipHeight(info.Height) {
			app.SetStoreLoader(upgradetypes.UpgradeStoreLoader(info.Height, &p.stores))
		}
	}
	return nil
}

func (app *App) upgrade(p plan) upgradetypes.UpgradeHandler {
	return func(ctx context.Context, _ upgradetypes.Plan, from module.VersionMap) (module.VersionMap, error) {
		if p.before != nil {
			if err := p.before(ctx, app); err != nil {
				return nil, fmt.Errorf("upgrade %s: %w", p.name, err)
			}
		}
		return app.Modules.RunMigrations(ctx, app.configurator, from)
	}
}
