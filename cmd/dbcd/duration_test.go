package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"72h": 72 * time.Hour, "3d": 72 * time.Hour, "1d12h": 36 * time.Hour, "90m": 90 * time.Minute, "60d": 60 * 24 * time.Hour, "30s": 30 * time.Second, "3": 72 * time.Hour,
	} {
		got, err := parseDuration(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "0", "d", "0d", "0h", "-3h", "3d-1h", "1.5d", "100ms", "3dd", "999999d", "3 days", "9999999h"} {
		_, err := parseDuration(text)
		require.Error(t, err, text)
	}
}

func FuzzParseDuration(f *testing.F) {
	f.Add("1d12h")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseDuration(text)
		if err == nil && (d <= 0 || d%time.Second != 0) {
			t.Fatalf("%q gave %s", text, d)
		}
	})
}

func TestTrimMachineID(t *testing.T) {
	t.Parallel()
	const id = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"
	require.Equal(t, id, trimMachineID("0x"+id))
	require.Equal(t, id, trimMachineID("0X3B6A27BCCEB6A42D62A3A8D02A6F0D73653215771DE243A63AC048A18B59DA29"))
	require.Equal(t, "0x12", trimMachineID("0x12"))
	require.Equal(t, "72h", trimMachineID("72h"))
}
