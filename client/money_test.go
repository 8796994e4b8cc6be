package client_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/client"
)

func TestParseDBC(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{
		"10": 10_000_000, "10.5": 10_500_000, "0.000001": 1, "10 DBC": 10_000_000, "10dbc": 10_000_000,
		"１０．５": 10_500_000, "１０。５ ＤＢＣ": 10_500_000, "7udbc": 7, "18446744073709.551615": 1<<64 - 1,
	} {
		if got, err := client.ParseDBC(text); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", ".", "1.", ".5", "-1", "+1", "1e3", "0.0000001", "18446744073709.551616", "99999999999999999999", "1,5", "１，５", "－１", "1 2", "٣",
	} {
		if got, err := client.ParseDBC(text); !errors.Is(err, client.ErrAmount) {
			t.Errorf("%q: %d, %v, want ErrAmount", text, got, err)
		}
	}
}

func TestFormatDBCReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		udbc := rapid.Uint64().Draw(t, "udbc")
		if got, err := client.ParseDBC(client.FormatDBC(udbc)); err != nil || got != udbc {
			t.Fatalf("%q: %d, %v", client.FormatDBC(udbc), got, err)
		}
	})
}

func FuzzParseDBC(f *testing.F) {
	f.Add("10.5 DBC")
	f.Fuzz(func(t *testing.T, s string) {
		if udbc, err := client.ParseDBC(s); err == nil {
			if again, err := client.ParseDBC(client.FormatDBC(udbc)); err != nil || again != udbc {
				t.Errorf("%q: %d, then %d, %v", s, udbc, again, err)
			}
		}
	})
}
