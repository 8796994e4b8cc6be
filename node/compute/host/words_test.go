package host_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// TestRefusalsNameNoRoute: people who type commands or click also read
// refusals, and a path of the API means nothing to them.
func TestRefusalsNameNoRoute(t *testing.T) {
	t.Parallel()
	files := token.NewFileSet()
	all, err := parser.ParseDir(files, ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0) //nolint:staticcheck // the files are enough
	if err != nil {
		t.Fatal(err)
	}
	route, seen := regexp.MustCompile(`(^|[" ])/[a-z]`), 0
	ast.Inspect(all["host"], func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if name, ok := call.Fun.(*ast.Ident); !ok || name.Name != "refuse" {
			return true
		}
		seen++
		for _, arg := range call.Args {
			ast.Inspect(arg, func(n ast.Node) bool {
				if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING && route.MatchString(strings.Trim(text.Value, "`")) {
					t.Errorf("%s: %s", files.Position(text.Pos()), text.Value)
				}
				return true
			})
		}
		return true
	})
	if seen < 20 {
		t.Errorf("%d refusals found", seen)
	}
}
