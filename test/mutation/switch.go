package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"

	"github.com/dbc-network/dbc/test/mutation/switches"
)

// Environment variables of a test binary, for what is reached before the first
// test: one names the active mutant, the other asks for a trace.
const (
	activeVar = switches.ActiveVar
	traceVar  = switches.TraceVar
)

var switchesPath = reflect.TypeFor[switches.Switch]().PkgPath()

// switchCode returns the file that is added to a package with mutants: mutantOn
// reports whether a mutant is the active one.
func switchCode(pkg, folder string, mutants int) string {
	return fmt.Sprintf(`package %s

import mutantSwitches %q

var mutants = mutantSwitches.New(%q, %d)

func mutantOn(id int) bool { return mutants.On(id) }
`, pkg, switchesPath, folder, mutants)
}

// serveCode returns the file that makes the tests of a folder serve.
func serveCode(root, folder string) (string, error) {
	files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("%s has no Go files: %w", folder, err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), files[0], nil, parser.PackageClauseOnly)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`package %s

import (
	"os"
	"testing"

	mutantSwitches %q
)

func TestMain(m *testing.M) { os.Exit(mutantSwitches.Serve(m.Run)) }
`, file.Name.Name, switchesPath), nil
}
