package app

import (
	"fmt"

	"cosmossdk.io/core/store"
	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	evidencekeeper "github.com/cosmos/cosmos-sdk/x/evidence/keeper"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	feegrantkeeper "github.com/cosmos/cosmos-sdk/x/feegrant/keeper"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	mintkeeper "github.com/cosmos/cosmos-sdk/x/mint/keeper"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	upgradekeeper "github.com/cosmos/cosmos-sdk/x/upgrade/keeper"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/dbc-network/dbc/x/guard"
	guardkeeper "github.com/dbc-network/dbc/x/guard/keeper"
	"github.com/dbc-network/dbc/x/machine"
	machinekeeper "github.com/dbc-network/dbc/x/machine/keeper"
	"github.com/dbc-network/dbc/x/rental"
	rentalkeeper "github.com/dbc-network/dbc/x/rental/keeper"
)

// Keepers are the modules' keepers.
type Keepers struct {
	Accounts     authkeeper.AccountKeeper
	Bank         bankkeeper.BaseKeeper
	Staking      *stakingkeeper.Keeper
	Mint         mintkeeper.Keeper
	Distribution distrkeeper.Keeper
	Slashing     slashingkeeper.Keeper
	Gov          *govkeeper.Keeper
	Authz        authzkeeper.Keeper
	FeeGrant     feegrantkeeper.Keeper
	Consensus    consensuskeeper.Keeper
	Upgrade      *upgradekeeper.Keeper
	Evidence     evidencekeeper.Keeper
	Guard        guardkeeper.Keeper
	Machine      *machinekeeper.Keeper
	Rental       rentalkeeper.Keeper
}

type keeperConfig struct {
	Encoding
	base        *baseapp.BaseApp
	keys        map[string]*storetypes.KVStoreKey
	logger      log.Logger
	home        string
	skipHeights map[int64]bool
}

func (c keeperConfig) store(name string) store.KVStoreService {
	return runtime.NewKVStoreService(c.keys[name])
}

// permissions returns those of module accounts. x/machine and x/rental neither
// mint nor burn.
func permissions() map[string][]string {
	return map[string][]string{
		authtypes.FeeCollectorName:          nil,
		distrtypes.ModuleName:               nil,
		minttypes.ModuleName:                {authtypes.Minter},
		stakingtypes.BondedPoolName:         {authtypes.Burner, authtypes.Staking},
		stakingtypes.NotBondedPoolName:      {authtypes.Burner, authtypes.Staking},
		stakingtypes.KeyRotationFeePoolName: {authtypes.Burner},
		govtypes.ModuleName:                 {authtypes.Burner},
		machine.ModuleName:                  nil,
		rental.ModuleName:                   nil,
	}
}

// blocked returns the module accounts. Nobody can send to them directly, so
// that their balances match the modules' state.
func blocked() map[string]bool {
	addresses := make(map[string]bool)
	for name := range permissions() {
		addresses[authtypes.NewModuleAddress(name).String()] = true
	}
	return addresses
}

func storeNames() []string {
	return []string{
		authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, minttypes.StoreKey, distrtypes.StoreKey,
		slashingtypes.StoreKey, govtypes.StoreKey, authzkeeper.StoreKey, feegrant.StoreKey, consensustypes.StoreKey,
		upgradetypes.StoreKey, evidencetypes.StoreKey, guard.StoreKey, machine.StoreKey, rental.StoreKey,
	}
}

func newKeepers(c keeperConfig) (Keepers, error) {
	authority := authtypes.NewModuleAddress(govtypes.ModuleName).String()
	var k Keepers
	k.Consensus = consensuskeeper.NewKeeper(c.Codec, c.store(consensustypes.StoreKey), authority, runtime.EventService{})
	c.base.SetParamStore(k.Consensus.ParamsStore)
	k.Accounts = authkeeper.NewAccountKeeper(c.Codec, c.store(authtypes.StoreKey), authtypes.ProtoBaseAccount, permissions(),
		accountAddresses(), sdk.GetConfig().GetBech32AccountAddrPrefix(), authority)
	k.Bank = bankkeeper.NewBaseKeeper(c.Codec, c.store(banktypes.StoreKey), k.Accounts, blocked(), authority, c.logger)
	newStaking(c, &k, authority)
	k.FeeGrant = feegrantkeeper.NewKeeper(c.Codec, c.store(feegrant.StoreKey), k.Accounts)
	k.Authz = authzkeeper.NewKeeper(c.store(authzkeeper.StoreKey), c.Codec, c.base.MsgServiceRouter(), k.Accounts)
	k.Upgrade = upgradekeeper.NewKeeper(c.skipHeights, c.store(upgradetypes.StoreKey), c.Codec, c.home, c.base, authority)
	k.Evidence = *evidencekeeper.NewKeeper(c.Codec, c.store(evidencetypes.StoreKey), k.Staking, k.Slashing,
		k.Accounts.AddressCodec(), runtime.ProvideCometInfoService())
	k.Gov = govkeeper.NewKeeper(c.Codec, c.store(govtypes.StoreKey), k.Accounts, k.Bank, k.Distribution, c.base.MsgServiceRouter(),
		govtypes.DefaultConfig(), authority, govkeeper.NewDefaultCalculateVoteResultsAndVotingPower(k.Staking))
	return k, newMarket(c, &k, authority)
}

// newStaking builds the modules that secure the chain and pay for it.
func newStaking(c keeperConfig, k *Keepers, authority string) {
	k.Staking = stakingkeeper.NewKeeper(c.Codec, c.store(stakingtypes.StoreKey), k.Accounts, k.Bank, authority,
		validatorAddresses(), consensusAddresses())
	k.Mint = mintkeeper.NewKeeper(c.Codec, c.store(minttypes.StoreKey), k.Staking, k.Accounts, k.Bank, authtypes.FeeCollectorName, authority)
	k.Distribution = distrkeeper.NewKeeper(c.Codec, c.store(distrtypes.StoreKey), k.Accounts, k.Bank, k.Staking, authtypes.FeeCollectorName, authority)
	k.Slashing = slashingkeeper.NewKeeper(c.Codec, c.Amino, c.store(slashingtypes.StoreKey), k.Staking, authority)
	k.Staking.SetHooks(stakingtypes.NewMultiStakingHooks(k.Distribution.Hooks(), k.Slashing.Hooks()))
}

// newMarket builds machines and rentals. Rentals depend on machines; machines
// notify rentals, and whoever else listens, through hooks.
func newMarket(c keeperConfig, k *Keepers, authority string) error {
	var err error
	if k.Guard, err = guardkeeper.NewKeeper(c.Codec, c.store(guard.StoreKey), authority); err != nil {
		return fmt.Errorf("build keeper of the guard: %w", err)
	}
	c.base.MsgServiceRouter().SetCircuit(k.Guard)
	if k.Machine, err = machinekeeper.NewKeeper(c.Codec, c.store(machine.StoreKey), k.Accounts, k.Bank, authority); err != nil {
		return fmt.Errorf("build keeper of machines: %w", err)
	}
	if k.Rental, err = rentalkeeper.NewKeeper(c.Codec, c.store(rental.StoreKey), authority, k.Bank, k.Distribution, k.Machine, c.logger); err != nil {
		return fmt.Errorf("build keeper of rentals: %w", err)
	}
	k.Machine.SetRentals(k.Rental)
	k.Machine.SetHooks(machine.NewMultiMachineHooks(k.Rental.Hooks()))
	return nil
}
