package checkup

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/x/guard"
)

// result is a check's level with its code.
func result(findings []doctor.Finding, check doctor.Check) string {
	for _, f := range findings {
		if f.Check == check {
			if f.Read["code"] != "" {
				return string(f.Level) + " " + f.Read["code"]
			}
			return string(f.Level)
		}
	}
	return ""
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), mode))
	require.NoError(t, os.Chmod(path, mode)) // whatever the umask is
}

// home is one with a wallet of a devnet, made as dbc makes it.
func home(t *testing.T) Home {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o700))
	ring, err := market.OpenKeyring(dir, keyring.BackendTest, nil)
	require.NoError(t, err)
	_, _, err = ring.Create("alice")
	require.NoError(t, err)
	return Home{Dir: dir, Backend: keyring.BackendTest}
}

func TestHome(t *testing.T) {
	t.Parallel()
	const account = "dbc1s74tf8dlhp83xzaaxf6qgzdpga8rz0utwx2vu8"
	for name, test := range map[string]struct {
		change func(t *testing.T, h *Home)
		check  doctor.Check
		want   string
	}{
		"a home":             {func(*testing.T, *Home) {}, CheckHome, "pass"},
		"room":               {func(*testing.T, *Home) {}, CheckSpace, "pass"},
		"a wallet":           {func(*testing.T, *Home) {}, CheckWallets, "pass"},
		"no passphrase":      {func(*testing.T, *Home) {}, CheckPassphrase, "pass"},
		"nothing open":       {func(*testing.T, *Home) {}, CheckOutbox, "pass"},
		"no home":            {func(_ *testing.T, h *Home) { h.Dir += "/none" }, CheckHome, "warn MISSING"},
		"no home, room":      {func(_ *testing.T, h *Home) { h.Dir += "/none" }, CheckSpace, "pass"},
		"no home, no wallet": {func(_ *testing.T, h *Home) { h.Dir += "/none" }, CheckWallets, "warn NONE"},
		"a file": {func(t *testing.T, h *Home) {
			h.Dir += "/file"
			write(t, h.Dir, "", 0o600)
		}, CheckHome, "fail NO_FOLDER"},
		"others write":       {func(t *testing.T, h *Home) { require.NoError(t, os.Chmod(h.Dir, 0o777)) }, CheckHome, "fail OTHERS_WRITE"},
		"of another network": {func(_ *testing.T, h *Home) { h.Backend = keyring.BackendFile }, CheckWallets, "warn NONE"},
		"others read a wallet": {func(t *testing.T, h *Home) {
			require.NoError(t, os.Chmod(filepath.Join(h.Dir, "keys/keyring-test/alice.info"), 0o644))
		}, CheckWallets, "fail OTHERS_READ"},
		"a wallet that has gone": {func(t *testing.T, h *Home) {
			require.NoError(t, os.Symlink("nowhere", filepath.Join(h.Dir, "keys/keyring-test/bob.info")))
		}, CheckWallets, "fail UNREADABLE"},
		"a passphrase's file": {func(t *testing.T, h *Home) {
			h.PassphraseFile = filepath.Join(h.Dir, "pass")
			write(t, h.PassphraseFile, "hunter22", 0o600)
		}, CheckPassphrase, "pass"},
		"a passphrase's file for all": {func(t *testing.T, h *Home) {
			h.PassphraseFile = filepath.Join(h.Dir, "pass")
			write(t, h.PassphraseFile, "hunter22", 0o644)
		}, CheckPassphrase, "fail OTHERS_READ"},
		"no passphrase's file": {func(_ *testing.T, h *Home) { h.PassphraseFile = "/none" }, CheckPassphrase, "fail UNREADABLE"},
		"in the environment":   {func(_ *testing.T, h *Home) { h.Passphrase = true }, CheckPassphrase, "warn ENVIRONMENT"},
		"something sent": {func(t *testing.T, h *Home) {
			write(t, filepath.Join(h.Dir, "outbox/dbc-devnet-1", account+".json"), "{}", 0o600)
		}, CheckOutbox, "warn"},
		"a lock": {func(t *testing.T, h *Home) {
			write(t, filepath.Join(h.Dir, "outbox/dbc-devnet-1", account+".lock"), "", 0o600)
		}, CheckOutbox, "pass"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := home(t)
			test.change(t, &h)
			require.Equal(t, test.want, result(h.Examine(), test.check))
		})
	}
}

func TestRoom(t *testing.T) {
	t.Parallel()
	for free, want := range map[uint64]doctor.Level{0: doctor.Fail, 15: doctor.Fail, 16: doctor.Warn, 255: doctor.Warn, 256: doctor.Pass} {
		require.Equal(t, want, room(free), free)
	}
}

// TestSSH runs this computer's ssh, and that with a configuration that it refuses. It sets
// PATH, and so runs alone.
func TestSSH(t *testing.T) {
	real, err := exec.LookPath("ssh")
	require.NoError(t, err)
	dir, config := t.TempDir(), filepath.Join(t.TempDir(), "config")
	s := SSH{Home: dir, Keys: []string{"id_ed25519.pub"}}
	good := s.Examine(t.Context())
	require.Equal(t, "pass", result(good, CheckSSH))
	require.Equal(t, "pass", result(good, CheckSSHConfig))
	require.Equal(t, "warn NONE", result(good, CheckSSHKey))
	write(t, filepath.Join(dir, ".ssh/id_ed25519.pub"), "ssh-ed25519 AAAA", 0o644)
	require.Equal(t, "pass", result(s.Examine(t.Context()), CheckSSHKey))

	write(t, config, "NoSuchOption yes\n", 0o600)
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	require.Equal(t, "fail MISSING", result(s.Examine(t.Context()), CheckSSH))
	write(t, filepath.Join(bin, "ssh"), "#!/bin/sh\nexec "+real+" -F "+config+" \"$@\"\n", 0o700)
	require.Equal(t, "fail", result(s.Examine(t.Context()), CheckSSHConfig))
	write(t, filepath.Join(bin, "ssh"), "#!/bin/sh\necho broken >&2; exit 1\n", 0o700)
	require.Equal(t, "fail BROKEN", result(s.Examine(t.Context()), CheckSSH))
}

// blocks is a chain of which a test says what it answers.
type blocks struct {
	newest func() (chain.Head, error)
	grpc   error
}

func (b blocks) Newest(context.Context) (chain.Head, error) { return b.newest() }

func (b blocks) GuardParams(context.Context) (guard.Params, error) { return guard.Params{}, b.grpc }

func TestNetwork(t *testing.T) {
	t.Parallel()
	const id = "dbc-testnet-1"
	for name, test := range map[string]struct {
		age      time.Duration
		catching bool
		grows    bool
		height   int64
		rpc      error
		grpc     error
		wanted   string
		want     map[doctor.Check]string
	}{
		"well":           {age: 3 * time.Second, height: 7, want: map[doctor.Check]string{CheckRPC: "pass", CheckGRPC: "pass", CheckChain: "pass", CheckHeight: "pass", CheckClock: "pass"}},
		"no RPC":         {rpc: errors.New("refused"), want: map[doctor.Check]string{CheckRPC: "fail", CheckGRPC: "pass", CheckHeight: "", CheckClock: ""}},
		"no gRPC":        {height: 7, grpc: errors.New("refused"), want: map[doctor.Check]string{CheckRPC: "pass", CheckGRPC: "fail"}},
		"another chain":  {height: 7, wanted: "dbc-1", want: map[doctor.Check]string{CheckChain: "fail"}},
		"no block":       {want: map[doctor.Check]string{CheckHeight: "fail NO_BLOCK"}},
		"catching up":    {age: time.Hour, catching: true, height: 7, want: map[doctor.Check]string{CheckHeight: "fail CATCHING_UP", CheckClock: ""}},
		"stalled":        {age: time.Hour, height: 7, want: map[doctor.Check]string{CheckHeight: "fail CHAIN_STALLED", CheckClock: ""}},
		"a clock ahead":  {age: time.Hour, height: 7, grows: true, want: map[doctor.Check]string{CheckHeight: "pass", CheckClock: "fail AHEAD"}},
		"a clock behind": {age: -time.Hour, height: 7, want: map[doctor.Check]string{CheckHeight: "pass", CheckClock: "fail BEHIND"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				at, height := time.Now().Add(-test.age), test.height
				n := Network{ChainID: test.wanted, Chain: blocks{func() (chain.Head, error) {
					if test.grows {
						height++
					}
					return chain.Head{ChainID: id, Height: height, Time: at, CatchingUp: test.catching}, test.rpc
				}, test.grpc}}
				findings := n.Examine(t.Context())
				for check, want := range test.want {
					require.Equal(t, want, result(findings, check), check)
				}
			})
		})
	}
}

// answering is a server that has this for every request.
func answering(t *testing.T, reply any) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(reply) }))
	t.Cleanup(server.Close)
	return server
}

// clientNode answers as a client node does.
func clientNode(root api.ClientRoot, reasons ...api.HealthReason) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api.PathRoot+"{$}", func(w http.ResponseWriter, _ *http.Request) { httpapi.Write(w, root) })
	mux.HandleFunc("GET "+api.PathHealth, func(w http.ResponseWriter, _ *http.Request) {
		httpapi.Write(w, api.Health{Healthy: len(reasons) == 0, Reasons: append([]api.HealthReason{}, reasons...)})
	})
	return mux
}

func TestNode(t *testing.T) {
	t.Parallel()
	well := api.ClientRoot{Root: api.Root{Role: "client", ChainID: "dbc-1", Version: "1"}, Peers: 2}
	with := func(change func(*api.ClientRoot)) api.ClientRoot { r := well; change(&r); return r }
	for want, reply := range map[string]api.ClientRoot{
		"pass":                   well,
		"fail NOT_A_CLIENT_NODE": with(func(r *api.ClientRoot) { r.Role = "mining" }),
		"fail OTHER_CHAIN":       with(func(r *api.ClientRoot) { r.ChainID = "dbc-2" }),
		"fail CHAIN_STALLED":     with(func(r *api.ClientRoot) { r.Problem = &api.Problem{Code: api.ProblemStalled} }),
		"warn NO_PEERS":          with(func(r *api.ClientRoot) { r.Peers = 0 }),
		"warn OTHER_VERSION":     with(func(r *api.ClientRoot) { r.Version = "2" }),
	} {
		server := httptest.NewServer(clientNode(reply))
		n := Network{Node: server.URL, Version: "1"}
		require.Equal(t, want, result([]doctor.Finding{n.node(t.Context(), "dbc-1")}, CheckNode))
		server.Close()
		require.Equal(t, "warn UNREACHABLE", result([]doctor.Finding{n.node(t.Context(), "dbc-1")}, CheckNode))
	}
	ill := httptest.NewServer(clientNode(well, api.HealthReason{Code: api.HealthDisk}))
	defer ill.Close()
	require.Equal(t, "fail DISK_FULL", result([]doctor.Finding{Network{Node: ill.URL, Version: "1"}.node(t.Context(), "dbc-1")}, CheckNode))
	require.Equal(t, "pass", result([]doctor.Finding{Network{}.node(t.Context(), "")}, CheckNode), "none is needed")
	for _, other := range []any{[]string{}, map[string]any{}, map[string]any{"role": "client"}, api.Reply{Message: json.RawMessage("[]")}} {
		require.Equal(t, "warn UNREACHABLE", result([]doctor.Finding{Network{Node: answering(t, other).URL}.node(t.Context(), "")}, CheckNode), "another program answers")
	}
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 100 {
			_, _ = w.Write(make([]byte, maxReply))
		}
	}))
	defer endless.Close()
	require.Equal(t, "warn UNREACHABLE", result([]doctor.Finding{Network{Node: endless.URL}.node(t.Context(), "")}, CheckNode))
}
