package rental_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// stateTable formats the code's table like the specification.
func stateTable() string {
	var b strings.Builder
	b.WriteString("| from | event | to | reason | effects |\n|---|---|---|---|---|\n")
	for _, t := range rental.Table() {
		effects := make([]string, len(t.Effects))
		for i, e := range t.Effects {
			effects[i] = e.String()
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", t.From, t.Event, t.To, xrental.Reason(t.Reason), strings.Join(effects, ", "))
	}
	return b.String()
}

// The specification contains the code's table, line by line.
func TestSpecificationHoldsTheTable(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	require.Contains(t, string(readme), stateTable(), "README.md must hold:\n%s", stateTable())
}
