package api

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies verifies that the contract links the standard library only,
// and the table of a VM's life.
func TestDependencies(t *testing.T) {
	t.Parallel()
	const module = "github.com/dbc-network/dbc/"
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".", "./notice", "./untrusted")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{module + "api": true, module + "api/notice": true, module + "api/untrusted": true, module + "lifecycle": true}
	pkgs := strings.Fields(string(out))
	for _, pkg := range pkgs {
		if !own[pkg] {
			t.Errorf("depends on %s", pkg)
		}
	}
	if len(pkgs) == 0 {
		t.Error("no packages were listed")
	}
}
