package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPayable(t *testing.T) {
	t.Parallel()
	for floor, want := range map[uint64]uint64{0: 10_000, 9_999: 10_000, 10_001: 10_001, 1_000_000: 1_000_000} {
		got, err := payable(floor, 10_000)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := payable(1_000_001, 10_000)
	require.ErrorIs(t, err, errPrice)
	require.ErrorContains(t, err, "--gas-prices")
}

func TestGasPrice(t *testing.T) {
	t.Parallel()
	for price, want := range map[uint64]string{0: "0udbc", 1: "0.000001udbc", 10_000: "0.01udbc", 1_000_000: "1udbc", 10_000_000: "10udbc", 12_345_678: "12.345678udbc"} {
		require.Equal(t, want, gasPrice(price))
	}
}
