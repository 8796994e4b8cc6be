package machine

import "cosmossdk.io/collections"

// ModuleName is the module's name, store key and module account.
const ModuleName = "machine"

// StoreKey is the key of the module's store.
const StoreKey = ModuleName

// Denom is the coin of stakes and deposits: 1 DBC is 1,000,000 udbc.
const Denom = "udbc"

// Prefixes of the store. A number is never reused for something else.
var (
	ParamsKey         = collections.NewPrefix(0)
	HaltKey           = collections.NewPrefix(1)
	MachinesKey       = collections.NewPrefix(2)
	TermsKey          = collections.NewPrefix(3)
	OffersKey         = collections.NewPrefix(4)
	SlotsKey          = collections.NewPrefix(5)
	GPUsKey           = collections.NewPrefix(6)
	CooldownsKey      = collections.NewPrefix(7)
	ChallengesKey     = collections.NewPrefix(8)
	ChallengeQueueKey = collections.NewPrefix(9)
	NextChallengeKey  = collections.NewPrefix(10)
	CooldownQueueKey  = collections.NewPrefix(11)
	HaltsKey          = collections.NewPrefix(12)
	BeginningKey      = collections.NewPrefix(13)
	AskedKey          = collections.NewPrefix(14)

	ChallengeRetriesKey  = collections.NewPrefix(15)
	ChallengeFailuresKey = collections.NewPrefix(16)
)
