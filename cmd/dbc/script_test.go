package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts run this program itself, in separate processes.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"dbc": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		// dbc-itself takes signals, too.
		"dbc-itself": main,
		// exits N runs the rest of its arguments and expects exit code N.
		"exits": exits,
		"full":  full,
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("DBC_HOME", env.WorkDir+"/home")
			env.Setenv("DBC_WALLET", "")
			env.Setenv("MACHINE", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
			return nil
		},
	})
}
