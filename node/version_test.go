package node

import (
	"strings"
	"testing"
)

// A program that was built without a version says so; "(devel)" means nothing to who reads it.
func TestVersion(t *testing.T) {
	t.Parallel()
	if v := Version(); v == "" || strings.Contains(v, "devel)") {
		t.Errorf("version %q", v)
	}
}
