package guard

import (
	"math/bits"
	"time"

	"cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	// PriceUnit is the gas that min_gas_price is a price for.
	PriceUnit = 1_000_000
	// DefaultMinGasPrice is 0.01 udbc for each unit of gas: a full block costs one DBC.
	DefaultMinGasPrice = 10_000
	// maxMinGasPrice is a DBC for each unit of gas; it lets no vote close the chain by a slip of zeros.
	maxMinGasPrice = PriceUnit * 1_000_000
	// maxPauseParam lets governance vote about a pause while it lasts, and no
	// guardian be a second government.
	maxPauseParam = 14 * 24 * time.Hour
	maxCooldown   = 365 * 24 * time.Hour
)

// DefaultParams have no guardian: governance, or a network's genesis, names one.
func DefaultParams() Params {
	return Params{MinGasPrice: DefaultMinGasPrice, MaxPause: 7 * 24 * time.Hour, PauseCooldown: 14 * 24 * time.Hour}
}

// DefaultGenesis has no pause.
func DefaultGenesis() *GenesisState { return &GenesisState{Params: DefaultParams()} }

// Validate checks all parameters together.
func (p Params) Validate() error {
	if p.MinGasPrice > maxMinGasPrice {
		return errors.Wrapf(ErrInvalidParams, "min_gas_price %d udbc for %d gas: must be at most %d", p.MinGasPrice, PriceUnit, uint64(maxMinGasPrice))
	}
	if p.Guardian != "" {
		if _, err := sdk.AccAddressFromBech32(p.Guardian); err != nil {
			return errors.Wrapf(ErrInvalidParams, "guardian: must be an account of this chain or empty: %s", err)
		}
	}
	if p.MaxPause < time.Minute || p.MaxPause > maxPauseParam {
		return errors.Wrapf(ErrInvalidParams, "max_pause %s: must be %s to %s", p.MaxPause, time.Minute, maxPauseParam)
	}
	// As long as it may pause, it must let the market alone.
	if p.PauseCooldown < p.MaxPause || p.PauseCooldown > maxCooldown {
		return errors.Wrapf(ErrInvalidParams, "pause_cooldown %s: must be max_pause %s to %s", p.PauseCooldown, p.MaxPause, maxCooldown)
	}
	return nil
}

// MinFee is the least fee in udbc for so much gas, rounded up. False means that it does not fit.
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

// Validate checks what can be known without a store.
func (gs GenesisState) Validate() error { return gs.Params.Validate() }

// Paused reports whether new rentals are refused at a time. At its end a pause is over.
func (b Brake) Paused(now time.Time) bool { return b.PausedUntil != nil && now.Before(*b.PausedUntil) }
