package spec_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
)

var (
	registered = regexp.MustCompile(`(Err\w+)\s+=.*Register\(ModuleName, (\d+),`)
	ofPackage  = map[string]string{"xrental": "rental", "machine": "machine", "guard": "guard"}
)

// TestEveryChainErrorHasAMeaning compares the table with what the modules register.
func TestEveryChainErrorHasAMeaning(t *testing.T) {
	want := map[string]bool{}
	for _, module := range []string{"rental", "machine", "guard"} {
		for _, number := range errorsOf(t, module) {
			want[module+"/"+strconv.Itoa(number)] = true
		}
	}
	for _, m := range api.ChainMeanings() {
		key := m.Codespace + "/" + strconv.FormatUint(uint64(m.Number), 10)
		if !want[key] && m.Codespace != "sdk" && m.Codespace != "bank" {
			t.Errorf("%s is no error of the chain", key)
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Errorf("without a meaning: %v", want)
	}
}

// TestChainParametersAreSent reads which values the chain's code adds to which error, and
// compares their names with the table's.
func TestChainParametersAreSent(t *testing.T) {
	sent := map[string][]string{
		"rental/8": {"balance", "missing", "needed"}, // by detail.Funds
		"sdk/5":    {"balance", "missing", "needed"},
		"sdk/11":   {"gas_used", "gas_wanted"}, // by package chain, from the transaction's result
		"sdk/32":   {"expected", "sequence"},
		"rental/4": {"max_seconds", "min_seconds", "unit_seconds"}, // by bounded
	}
	number := map[string]map[string]int{}
	for _, module := range []string{"rental", "machine", "guard"} {
		number[module] = errorsOf(t, module)
	}
	for _, root := range []string{"../../x", "../../app"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if module, name, keys := addition(n); name != "" {
					key := module + "/" + strconv.Itoa(number[module][name])
					sent[key] = append(sent[key], keys...)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range api.ChainMeanings() {
		key := m.Codespace + "/" + strconv.FormatUint(uint64(m.Number), 10)
		names := sent[key]
		slices.Sort(names)
		if names = slices.Compact(names); !slices.Equal(names, m.Params) {
			t.Errorf("%s is sent with %q, the table has %q", key, names, m.Params)
		}
		delete(sent, key)
	}
	if len(sent) > 0 {
		t.Errorf("parameters of no error in the table: %v", sent)
	}
}

// addition returns the error and the names of detail.Add(…Err….Wrapf(…), detail.Map{…}).
func addition(n ast.Node) (module, name string, keys []string) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 || selector(call.Fun) != "detail.Add" {
		return "", "", nil
	}
	ast.Inspect(call.Args[0], func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ident, _ := strings.Cut(selector(s), "."); ofPackage[pkg] != "" && strings.HasPrefix(ident, "Err") {
				module, name = ofPackage[pkg], ident
			}
		}
		return name == ""
	})
	if values, ok := call.Args[1].(*ast.CompositeLit); ok {
		for _, element := range values.Elts {
			switch key := element.(*ast.KeyValueExpr).Key.(type) {
			case *ast.BasicLit:
				keys = append(keys, strings.Trim(key.Value, `"`))
			case *ast.SelectorExpr:
				keys = append(keys, api.ParamRetryAt) // detail.RetryAt
			}
		}
	}
	return module, name, keys
}

func selector(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok {
			return x.Name + "." + s.Sel.Name
		}
	}
	return ""
}

func errorsOf(t *testing.T, module string) map[string]int {
	t.Helper()
	source, err := os.ReadFile("../../x/" + module + "/errors.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	for _, m := range registered.FindAllStringSubmatch(string(source), -1) {
		all[m[1]], _ = strconv.Atoi(m[2])
	}
	if len(all) < 5 {
		t.Fatalf("%d errors of %s", len(all), module)
	}
	return all
}
