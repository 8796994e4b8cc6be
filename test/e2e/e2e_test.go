// Package e2e follows the rental guide on a whole devnet with real guests.
//
// It needs root, libvirt, QEMU, ssh, nft, virsh, setpriv and Go, the programs that
// make build builds and the image that make tiny builds; it fails if one is
// missing.
package e2e

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/devnet"
)

// limit is far above what a slow computer needs: it ends a test that hangs.
const limit = 10 * time.Minute

// programs is where make build puts dbc and dbcd.
const programs = "../../bin"

// TestMain gives all programs the strictest umask that people use: guests'
// users must reach their disks all the same.
func TestMain(m *testing.M) {
	syscall.Umask(0o077)
	os.Exit(m.Run())
}

// world is a running devnet of one test.
type world struct {
	t      *testing.T
	ctx    context.Context //nolint:containedctx // the test's own
	home   string
	info   devnet.Info
	chain  *chain.Client
	ring   *market.Keyring
	key    string
	public string
	// genesis is the chain's genesis hash in hex.
	genesis string
	cmd     *exec.Cmd
	ended   chan struct{}
}

// start runs dbc devnet and returns when it reports that it is ready.
func start(t *testing.T, flags ...string) *world {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("needs root: run scripts/test.sh")
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	w := &world{t: t, ctx: ctx, home: t.TempDir(), ended: make(chan struct{})}
	w.run(flags...)
	var err error
	w.chain, err = chain.Dial(ctx, chain.Config{ChainID: w.info.ChainID, GRPC: w.info.GRPC, RPC: w.info.RPC})
	w.must(err)
	t.Cleanup(func() { _ = w.chain.Close() })
	head, err := w.chain.Head(ctx)
	w.must(err)
	w.genesis = hex.EncodeToString(head.GenesisHash[:])
	w.ring, err = market.OpenKeyring(w.home, market.Backend(w.info.ChainID), nil)
	w.must(err)
	w.makeKey()
	return w
}

func (w *world) run(flags ...string) {
	w.t.Helper()
	images, err := filepath.Abs("../../build/images")
	w.must(err)
	// The test ends it in order, or kills it.
	w.cmd = exec.Command(filepath.Join(programs, "dbc"), append([]string{
		"devnet", "start", "--json", "--home", w.home, "--images", images,
	}, flags...)...)
	out, err := w.cmd.StdoutPipe()
	w.must(err)
	w.cmd.Stderr = os.Stderr
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	w.must(w.cmd.Start())
	err = json.NewDecoder(out).Decode(&w.info)
	ended := w.ended
	go func() {
		_ = w.cmd.Wait()
		close(ended)
	}()
	w.t.Cleanup(w.end)
	if err != nil {
		w.t.Fatalf("devnet did not start: %v", err)
	}
}

// end stops the devnet in order if it still runs, and deletes its data.
func (w *world) end() {
	_ = w.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-w.ended:
	case <-time.After(3 * time.Minute):
		w.t.Error("the devnet does not end")
		_ = w.cmd.Process.Kill()
		<-w.ended
	}
	w.dbc("devnet", "reset")
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// dbc runs a command of the command line and returns its output.
func (w *world) dbc(args ...string) string {
	w.t.Helper()
	out, err := w.tryDbc(args...)
	if err != nil {
		w.t.Fatalf("dbc %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return out
}

func (w *world) tryDbc(args ...string) (string, error) {
	// The reset runs after the test, when its context is done.
	cmd := exec.Command(filepath.Join(programs, "dbc"), args...)
	images, _ := filepath.Abs("../../build/images")
	if args[0] == "devnet" {
		cmd.Args = append(cmd.Args, "--images", images)
	}
	cmd.Env = append(os.Environ(), "DBC_HOME="+w.home)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	return out.String() + said.String(), err
}

// dbcJSON runs a command with --json and decodes its output.
func (w *world) dbcJSON(into any, args ...string) {
	w.t.Helper()
	out := w.dbc(append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		w.t.Fatalf("dbc %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

func (w *world) makeKey() {
	w.t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	w.must(err)
	block, err := ssh.MarshalPrivateKey(private, "")
	w.must(err)
	public, err := ssh.NewPublicKey(private.Public())
	w.must(err)
	w.key = filepath.Join(w.home, "id_ed25519")
	w.public = w.key + ".pub"
	w.must(os.WriteFile(w.key, pem.EncodeToMemory(block), 0o600))
	w.must(os.WriteFile(w.public, ssh.MarshalAuthorizedKey(public), 0o600))
}

// renter creates a wallet with coins.
func (w *world) renter(name string, udbc uint64) *market.Wallet {
	w.t.Helper()
	wallet, _, err := w.ring.Create(name)
	w.must(err)
	_, err = devnet.Fund(w.ctx, w.chain, w.ring, wallet.Address(), udbc)
	w.must(err)
	return wallet
}

func (w *world) balance(address string) uint64 {
	w.t.Helper()
	udbc, err := w.chain.Balance(w.ctx, address)
	w.must(err)
	return udbc
}

// waitFor polls until ok returns true or the test's limit is reached.
func (w *world) waitFor(what string, ok func() bool) {
	w.t.Helper()
	ticker := time.NewTicker(300 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-w.ctx.Done():
			w.t.Fatalf("waiting until %s: %v", what, w.ctx.Err())
		case <-w.ended:
			w.t.Fatalf("waiting until %s: the devnet ended", what)
		case <-ticker.C:
		}
	}
}

func (w *world) virsh(args ...string) string {
	w.t.Helper()
	out, err := exec.CommandContext(w.ctx, "virsh", append([]string{"-c", w.info.Virsh}, args...)...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("virsh %v: %v: %s", args, err, out)
	}
	return string(out)
}
