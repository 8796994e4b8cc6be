package app

import (
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authsims "github.com/cosmos/cosmos-sdk/x/auth/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/auth/vesting"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	authzmodule "github.com/cosmos/cosmos-sdk/x/authz/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distr "github.com/cosmos/cosmos-sdk/x/distribution"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/evidence"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	feegrantmodule "github.com/cosmos/cosmos-sdk/x/feegrant/module"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	"github.com/cosmos/cosmos-sdk/x/mint"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	"github.com/cosmos/cosmos-sdk/x/upgrade"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/dbc-network/dbc/x/guard"
	guardmodule "github.com/dbc-network/dbc/x/guard/module"
	"github.com/dbc-network/dbc/x/machine"
	machinemodule "github.com/dbc-network/dbc/x/machine/module"
	"github.com/dbc-network/dbc/x/rental"
	rentalmodule "github.com/dbc-network/dbc/x/rental/module"
)

func newModules(app *App) *module.Manager {
	cdc, registry := app.Codec, app.Registry
	m := module.NewManager(
		genutil.NewAppModule(app.Accounts, app.Staking, app, app.TxConfig),
		auth.NewAppModule(cdc, app.Accounts, authsims.RandomGenesisAccounts),
		vesting.NewAppModule(app.Accounts, app.Bank),
		bankModule{bank.NewAppModule(cdc, app.Bank, app.Accounts), app.Bank},
		feegrantmodule.NewAppModule(cdc, app.Accounts, app.Bank, app.FeeGrant, registry),
		gov.NewAppModule(cdc, app.Gov, app.Accounts, app.Bank),
		mint.NewAppModule(cdc, app.Mint, app.Accounts, nil),
		slashing.NewAppModule(cdc, app.Slashing, app.Accounts, app.Bank, app.Staking, registry),
		distr.NewAppModule(cdc, app.Distribution, app.Accounts, app.Bank, app.Staking),
		staking.NewAppModule(cdc, app.Staking, app.Accounts, app.Bank),
		upgrade.NewAppModule(app.Upgrade, app.Accounts.AddressCodec()),
		evidence.NewAppModule(app.Evidence),
		authzmodule.NewAppModule(cdc, app.Authz, app.Accounts, app.Bank, registry),
		consensus.NewAppModule(cdc, app.Consensus),
		guardmodule.New(app.Guard),
		machinemodule.New(app.Machine),
		rentalmodule.NewAppModule(cdc, app.Rental),
	)
	m.SetOrderPreBlockers(upgradetypes.ModuleName, authtypes.ModuleName)
	// Machines first, so that the whole block uses the halted time up to its
	// own time.
	m.SetOrderBeginBlockers(machine.ModuleName, minttypes.ModuleName, distrtypes.ModuleName, slashingtypes.ModuleName,
		evidencetypes.ModuleName, stakingtypes.ModuleName, authz.ModuleName)
	// Bank first, because it credits what the block moved to module accounts;
	// machines before rentals, because an expired challenge decides what
	// rentals settle.
	m.SetOrderEndBlockers(banktypes.ModuleName, machine.ModuleName, rental.ModuleName, govtypes.ModuleName,
		stakingtypes.ModuleName, feegrant.ModuleName)
	order := genesisOrder()
	m.SetOrderInitGenesis(order...)
	m.SetOrderExportGenesis(order...)
	return m
}

// genesisOrder puts money before what holds it, machines before their rentals,
// and genesis transactions after everything they need.
func genesisOrder() []string {
	return []string{
		authtypes.ModuleName, banktypes.ModuleName, distrtypes.ModuleName, stakingtypes.ModuleName, slashingtypes.ModuleName,
		govtypes.ModuleName, minttypes.ModuleName, guard.ModuleName, machine.ModuleName, rental.ModuleName, genutiltypes.ModuleName,
		evidencetypes.ModuleName, authz.ModuleName, feegrant.ModuleName, upgradetypes.ModuleName, vestingtypes.ModuleName,
		consensustypes.ModuleName,
	}
}
