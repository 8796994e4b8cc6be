package guard

import (
	"math/bits"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	// PriceUnit is the amount of gas that min_gas_price is the price of.
	PriceUnit = 1_000_000
	// DefaultMinGasPrice is 0.01 udbc per unit of gas: a full block costs one DBC.
	DefaultMinGasPrice = 10_000
	// maxMinGasPrice is one DBC per unit of gas, so that no vote closes the chain by a few
	// zeros too many.
	maxMinGasPrice = PriceUnit * 1_000_000
	// maxPauseParam lets governance vote about a pause while it lasts, and keeps a
	// guardian from becoming a second government.
	maxPauseParam = 14 * 24 * time.Hour
	maxCooldown   = 365 * 24 * time.Hour
)

// DefaultParams have no guardian: governance, or a network's genesis, appoints one.
func DefaultParams() Params {
	return Params{MinGasPrice: DefaultMinGasPrice, MaxPause: 7 * 24 * time.Hour, PauseCooldown: 14 * 24 * time.Hour}
}

// DefaultGenesis has no pause.
func DefaultGenesis() *GenesisState { return &GenesisState{Params: DefaultParams()} }

// Validate checks all parameters together.
func (p Params) Validate() error {
	if p.MinGasPrice > maxMinGasPrice {
		return ErrInvalidParams.Wrapf("min_gas_price %d udbc for %d gas: must be at most %d", p.MinGasPrice, PriceUnit, uint64(maxMinGasPrice))
	}
	if p.Guardian != "" {
		if _, err := sdk.AccAddressFromBech32(p.Guardian); err != nil {
			return ErrInvalidParams.Wrapf("guardian: must be an account of this chain or empty: %s", err)
		}
	}
	if p.MaxPause < time.Minute || p.MaxPause > maxPauseParam {
		return ErrInvalidParams.Wrapf("max_pause %s: must be %s to %s", p.MaxPause, time.Minute, maxPauseParam)
	}
	// After a pause, the market must be open for at least as long.
	if p.PauseCooldown < p.MaxPause || p.PauseCooldown > maxCooldown {
		return ErrInvalidParams.Wrapf("pause_cooldown %s: must be max_pause %s to %s", p.PauseCooldown, p.MaxPause, maxCooldown)
	}
	return nil
}

// MinFee returns the smallest fee in udbc for this much gas, rounded up, and false if it
// does not fit.
func (p Params) MinFee(gas uint64) (uint64, bool) {
	high, low := bits.Mul64(gas, p.MinGasPrice)
	low, carry := bits.Add64(low, PriceUnit-1, 0)
	high += carry
	if high >= PriceUnit {
		return 0, false
	}
	fee, _ := bits.Div64(high, low, PriceUnit)
	return fee, true
}

// Validate checks what can be checked without a store.
func (gs GenesisState) Validate() error { return gs.Params.Validate() }

// Paused reports whether new rentals are refused at a time. A pause excludes its end.
func (b Brake) Paused(now time.Time) bool { return b.PausedUntil != nil && now.Before(*b.PausedUntil) }
