package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dbc-network/dbc/auth"
)

// The scripts run this program itself, in separate processes.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sign_tool": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		// exits N runs the rest of its arguments and expects exit code N.
		"exits": exits,
		// verify FILE MACHINE LIFE SESSION verifies what sign_tool printed, as
		// a node does.
		"verify": verify,
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			// The SDK's keyring produced the addresses; the mnemonic is
			// BIP-39's first test vector.
			env.Setenv("WALLET", "dbc19rl4cm2hmr8afy4kldpxz3fka4jguq0acrzlra")
			env.Setenv("OTHER", "dbc1tp7fhly84qm6q4hhzmp0nh5frtdugmyscfvhvp")
			env.Setenv("KEY", "c4a48e2fce1481cd3294b4490f6678090ea98d3d0e5cd984558ab0968741b104")
			env.Setenv("MNEMONIC", strings.Repeat("abandon ", 11)+"about")
			env.Setenv("MACHINE", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
			env.Setenv("ELSEWHERE", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
			env.Setenv("SESSION", "3b241101-e2bb-4255-8caf-4136c566a962")
			// No keyring answers there.
			env.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
			return nil
		},
	})
}

func exits() {
	cmd := exec.Command(os.Args[2], os.Args[3:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if got := fmt.Sprint(cmd.ProcessState.ExitCode()); got != os.Args[1] {
		fmt.Fprintf(os.Stderr, "exit code %s, want %s\n", got, os.Args[1])
		os.Exit(1)
	}
}

func verify() {
	if err := verifyFile(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func verifyFile(file, machine, life, session string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	got := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		got[name] = value
	}
	t, err := auth.VerifyTicket(got["wallet"], got["nonce"], got["sign"], machine, time.Now())
	if err != nil {
		return err
	}
	if l := t.Expires.Sub(t.Issued).String(); l != life {
		return fmt.Errorf("valid for %s, want %s", l, life)
	}
	if session == "" {
		if len(got) != 3 {
			return fmt.Errorf("%d lines, want 3", len(got))
		}
		return nil
	}
	return auth.VerifySession(got["wallet"], session, got["session_id_sign"])
}

func TestSecretPrintsAsDots(t *testing.T) {
	t.Parallel()
	key := secret("c4a48e2f")
	for _, text := range []string{
		fmt.Sprint(key), fmt.Sprintf("%v %+v %#v %q %x %s", key, key, key, key, key, key), fmt.Sprintf("%+v", order{Key: key}),
	} {
		if strings.Contains(text, "c4a4") || strings.Contains(text, "6334") {
			t.Errorf("printed %s", text)
		}
	}
}

func TestKeysOutOfRange(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		strings.Repeat("0", 64), strings.Repeat("f", 64), "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
		strings.Repeat("1", 63), strings.Repeat("1", 66), "0x", "zz", strings.Repeat("abandon ", 12), "",
	} {
		if _, err := parseKey(secret(bad)); err == nil || (bad != "" && strings.Contains(err.Error(), strings.TrimSpace(bad))) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("c4a48e2fce1481cd3294b4490f6678090ea98d3d0e5cd984558ab0968741b104")
	f.Add(strings.Repeat("abandon ", 11) + "about")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := parseKey(secret(text))
		if (err == nil) != (key != nil) || (key != nil && key.Key.IsZero()) {
			t.Fatalf("%v with %v", key != nil, err)
		}
	})
}

// TestDependencies limits the dependencies, because the tool handles a wallet's
// key.
func TestDependencies(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.Lines(string(out)) {
		for _, bad := range []string{"cosmos/cosmos-sdk", "cosmossdk.io/", "cometbft/", "libp2p/", "google.golang.org/grpc", "dbc/node", "dbc/client", "dbc/chain"} {
			if strings.Contains(pkg, bad) {
				t.Errorf("depends on %s", pkg)
			}
		}
	}
}
