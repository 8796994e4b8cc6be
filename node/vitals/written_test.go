package vitals

import (
	"testing"

	"github.com/dbc-network/dbc/api"
)

func TestWritten(t *testing.T) {
	t.Parallel()
	if got := Written("data", t.TempDir())(t.Context()); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	got := written("data", "/x", func(dir string) bool { return dir == "/x" })(t.Context())
	if len(got) != 1 || got[0].Code != api.HealthReadOnly || got[0].Params["disk"] != "data" {
		t.Errorf("%+v", got)
	}
}
