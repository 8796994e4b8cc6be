package rental_test

import (
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/rental"
)

// TestDurationAdvice verifies that the values which a refusal suggests are
// accepted.
func TestDurationAdvice(t *testing.T) {
	t.Parallel()
	limits := rental.Limits{Unit: 30 * time.Second, Min: time.Minute, Max: time.Hour}
	for seconds, want := range map[uint64]string{
		0: "allowed are 60 to 3600 (1m to 1h)", 10: "take 60", 30: "the least is 60 (1m)", 31: "take 60", 61: "take 60 or 90", 3599: "take 3570 or 3600", 3601: "allowed are 60 to 3600 (1m to 1h)",
	} {
		if _, err := limits.Duration(seconds); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%d: %v, want %s", seconds, err, want)
		}
	}
	now := time.Unix(0, 0)
	for seconds, want := range map[uint64]string{0: "allowed are 30 to 3600 (30s to 1h)", 10: "take 30", 31: "take 30 or 60"} {
		if _, err := limits.Renewal(now, now, seconds); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("renewal by %d: %v, want %s", seconds, err, want)
		}
	}
	month := rental.Limits{Unit: time.Second, Min: time.Second, Max: 30*24*time.Hour + 90*time.Minute}
	if _, err := month.Duration(0); err == nil || !strings.HasSuffix(err.Error(), "(1s to 30d1h30m)") {
		t.Errorf("a length in days: %v", err)
	}
}
