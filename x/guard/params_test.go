package guard_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/x/guard"
)

func TestParams(t *testing.T) {
	t.Parallel()
	require.NoError(t, guard.DefaultGenesis().Validate())
	for name, change := range map[string]func(*guard.Params){
		"floor":          func(p *guard.Params) { p.MinGasPrice = 1_000_000_000_001 },
		"guardian":       func(p *guard.Params) { p.Guardian = "somebody" },
		"short pause":    func(p *guard.Params) { p.MaxPause = time.Minute - 1 },
		"long pause":     func(p *guard.Params) { p.MaxPause, p.PauseCooldown = 14*24*time.Hour+1, 15*24*time.Hour },
		"short cooldown": func(p *guard.Params) { p.PauseCooldown = p.MaxPause - 1 },
		"long cooldown":  func(p *guard.Params) { p.PauseCooldown = 365*24*time.Hour + 1 },
	} {
		p := guard.DefaultParams()
		change(&p)
		require.ErrorIs(t, p.Validate(), guard.ErrInvalidParams, name)
	}
}

// TestMinFee compares with big numbers.
func TestMinFee(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		gas, price := rapid.Uint64().Draw(t, "gas"), rapid.Uint64Range(0, 1_000_000_000_000).Draw(t, "price")
		want := new(big.Int).Mul(new(big.Int).SetUint64(gas), new(big.Int).SetUint64(price))
		want.Add(want, big.NewInt(guard.PriceUnit-1)).Quo(want, big.NewInt(guard.PriceUnit))
		fee, ok := guard.Params{MinGasPrice: price}.MinFee(gas)
		require.Equal(t, want.IsUint64(), ok)
		if ok {
			require.Equal(t, want.Uint64(), fee)
		}
	})
	fee, ok := guard.DefaultParams().MinFee(100_000_000)
	require.True(t, ok)
	require.EqualValues(t, 1_000_000, fee, "a full block costs a DBC")
	_, ok = guard.Params{MinGasPrice: 1_000_000_000_000}.MinFee(math.MaxUint64)
	require.False(t, ok)
}
