package client_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/client"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{
		"3d": 259200, "2h": 7200, "90s": 90, "30m": 1800, "1d12h": 129600, "1d1h1m1s": 90061,
		"3": 259200, "365": 31536000,
	} {
		if got, err := client.ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "0", "d", "3x", "0s", "-1h", "1h1d", "1h1h", "1.5h", "99999999999999d", "12725830d", "12725830", "-3", "3.5", " 3d", "3d ",
	} {
		if got, err := client.ParseDuration(text); !errors.Is(err, client.ErrDuration) {
			t.Errorf("%q: %d, %v, want ErrDuration", text, got, err)
		}
	}
}

func TestFormatDurationReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Uint64Range(1, 1<<40).Draw(t, "seconds")
		if got, err := client.ParseDuration(client.FormatDuration(seconds)); err != nil || got != seconds {
			t.Fatalf("%q: %d, %v", client.FormatDuration(seconds), got, err)
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	f.Add("1d12h")
	f.Fuzz(func(t *testing.T, s string) {
		if seconds, err := client.ParseDuration(s); err == nil {
			if again, err := client.ParseDuration(client.FormatDuration(seconds)); err != nil || again != seconds {
				t.Errorf("%q: %d, then %d, %v", s, seconds, again, err)
			}
		}
	})
}
