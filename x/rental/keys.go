package rental

import (
	"cosmossdk.io/collections"

	"github.com/dbc-network/dbc/x/machine"
)

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

// Prefixes of the store. A number is never reused for something else.
var (
	ParamsKey        = collections.NewPrefix(0)
	NextIDKey        = collections.NewPrefix(1)
	RentalsKey       = collections.NewPrefix(2)
	OverByRenterKey  = collections.NewPrefix(3)
	OpenByRenterKey  = collections.NewPrefix(4)
	TrialsKey        = collections.NewPrefix(5)
	OverByMachineKey = collections.NewPrefix(6)
	UnsettledKey     = collections.NewPrefix(7)
	VerdictsKey      = collections.NewPrefix(8)
	DeadlinesKey     = collections.NewPrefix(9)
	EndsKey          = collections.NewPrefix(10)
	ClosedKey        = collections.NewPrefix(11)
	RetriesKey       = collections.NewPrefix(12)
	FailuresKey      = collections.NewPrefix(13)
	CooldownsKey     = collections.NewPrefix(14)
	CooldownQueueKey = collections.NewPrefix(15)
	ReadyKey         = collections.NewPrefix(16)
	UndecidedKey     = collections.NewPrefix(17)
	HeldByMachineKey = collections.NewPrefix(25)
	HeldQueueKey     = collections.NewPrefix(26)
)
