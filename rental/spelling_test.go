package rental_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/rental"
)

// TestDurationsAsPeopleWriteThem shares its cases with the web app's parser.
func TestDurationsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/durations.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases struct {
		Read    map[string]uint64 `json:"read"`
		Refused []string          `json:"refused"`
	}
	if err := json.Unmarshal(data, &cases); err != nil || len(cases.Read) == 0 || len(cases.Refused) == 0 {
		t.Fatalf("%v, %d and %d cases", err, len(cases.Read), len(cases.Refused))
	}
	for text, want := range cases.Read {
		if got, err := rental.ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	refused := append(cases.Refused, "0", "0s", "99999999999999d", "12725830d", "12725830", "99999999999999999999d", "3\x00d", "3\xffd")
	for _, text := range refused {
		if got, err := rental.ParseDuration(text); !errors.Is(err, rental.ErrSpelling) {
			t.Errorf("%q: %d, %v, want ErrSpelling", text, got, err)
		}
	}
}

func TestFormatDurationReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.Uint64Range(1, 1<<40).Draw(t, "seconds")
		if got, err := rental.ParseDuration(rental.FormatDuration(seconds)); err != nil || got != seconds {
			t.Fatalf("%q: %d, %v", rental.FormatDuration(seconds), got, err)
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	f.Add("1d12h")
	f.Add("1天，12 个小时")
	f.Fuzz(func(t *testing.T, s string) {
		if seconds, err := rental.ParseDuration(s); err == nil {
			if again, err := rental.ParseDuration(rental.FormatDuration(seconds)); err != nil || again != seconds {
				t.Errorf("%q: %d, then %d, %v", s, seconds, again, err)
			}
		}
	})
}
