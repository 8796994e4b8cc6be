package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"slices"
	"testing"
)

// TestMeanings verifies that every constant of type Code has exactly one row, with
// values that fit each other.
func TestMeanings(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "Code" {
				declared = append(declared, v.Values[0].(*ast.BasicLit).Value)
			}
		}
		return true
	})
	seen := map[Code]bool{}
	for _, m := range Meanings() {
		if seen[m.Code] || m.ErrCode >= 0 || http.StatusText(m.Status) == "" || m.Status < 400 {
			t.Errorf("%+v", m)
		}
		seen[m.Code] = true
		if !slices.Contains(declared, `"`+string(m.Code)+`"`) {
			t.Errorf("%s is no constant", m.Code)
		}
		if crowded := m.Status == http.StatusTooManyRequests || m.Status == http.StatusServiceUnavailable; crowded && m.Retry == RetryNever {
			t.Errorf("%s has status %d and cannot be retried", m.Code, m.Status)
		}
		if got := MeaningOf(m.Code); got != m {
			t.Errorf("%s means %+v", m.Code, got)
		}
	}
	if len(declared) != len(seen) || len(declared) < 50 {
		t.Errorf("%d constants, %d rows", len(declared), len(seen))
	}
	if got := MeaningOf("UNKNOWN"); got.Code != Internal {
		t.Errorf("an unknown code means %+v", got)
	}
}
