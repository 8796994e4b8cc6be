package main

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The SDK's own packages pull in some of its server code; our app, a keeper, or
// a module of either must never be in this program.
var forbidden = regexp.MustCompile(`^github\.com/(dbc-network/dbc/(app|x/[a-z]+/(keeper|module))|cosmos/cosmos-sdk/(x/[a-z]+(/keeper|/module)?$|x/[a-z]+/(keeper|module)/|simapp|runtime))`)

// allowedRoots are module roots of the SDK that the types of others import.
var allowedRoots = map[string]bool{"github.com/cosmos/cosmos-sdk/x/authz": true}

func TestNoChainInside(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range strings.Fields(string(out)) {
		if forbidden.MatchString(pkg) && !allowedRoots[pkg] {
			t.Errorf("dbc depends on %s", pkg)
		}
	}
}
