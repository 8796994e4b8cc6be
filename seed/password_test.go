package seed

import (
	"errors"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/seed/crypt"
)

func TestHashPassword(t *testing.T) {
	t.Parallel()
	one, err := HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	two, _ := HashPassword("correct horse")
	if one == two || !strings.HasPrefix(one, "$6$") || !passwordHash.MatchString(one) {
		t.Errorf("got %s and %s", one, two)
	}
	for _, bad := range []string{"", "a\nb", "a\x00", strings.Repeat("x", crypt.MaxPassword+1)} {
		if _, err := HashPassword(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
