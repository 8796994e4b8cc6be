package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"
)

// TestKeyring does not run in parallel, because the library has one keyring for
// all.
func TestKeyring(t *testing.T) {
	const wallet = "dbc19rl4cm2hmr8afy4kldpxz3fka4jguq0acrzlra"
	nothing := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(nothing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(nothing)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	call := func(args ...string) (said, complained string, code int) {
		var out, errs bytes.Buffer
		code = run(t.Context(), args, in, &out, &errs)
		return out.String(), errs.String(), code
	}
	words := strings.Repeat("abandon ", 11) + "about"

	keyring.MockInit()
	if out, errs, code := call("--keyring", wallet); code != 1 || out != "" || !strings.Contains(errs, "--save stores it there") {
		t.Errorf("nothing kept: %d %q %q", code, out, errs)
	}
	if out, errs, code := call("--save", wallet, words); code != 0 || !strings.Contains(out, "wallet: "+wallet) {
		t.Fatalf("save: %d %q %q", code, out, errs)
	}
	if out, errs, code := call("--keyring", wallet); code != 0 || errs != "" || !strings.Contains(out, "wallet: "+wallet) {
		t.Errorf("kept: %d %q %q", code, out, errs)
	}

	keyring.MockInitWithError(errors.New("locked"))
	for _, args := range [][]string{{"--keyring", wallet}, {"--save", wallet, words}} {
		out, errs, code := call(args...)
		if code != 1 || out != "" || !strings.Contains(errs, "locked") || !strings.Contains(errs, "elsewhere use -") || strings.Contains(errs, "abandon") {
			t.Errorf("%v: %d %q %q", args[0], code, out, errs)
		}
	}
}
