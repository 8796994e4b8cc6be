// Package lost loses, delays and repeats the answers that dbc gets to its
// transactions, and kills it between them, on a real chain.
//
// It needs the programs that make build builds.
package lost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/test/testnet"
)

const (
	programs = "../../bin"
	words    = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art"
	// passphrase of the keyring, which a test network requires.
	passphrase = "correct horse battery"
	// limit is far above what a slow computer needs: it ends a test that hangs.
	limit = 5 * time.Minute
)

// world is a chain, a wallet's home, and the proxy between them.
type world struct {
	t    *testing.T
	dbc  string
	home string
	from string
	net  *testnet.Net
	*proxy
}

func newWorld(t *testing.T) *world {
	t.Helper()
	bin, err := filepath.Abs(programs)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dbc: filepath.Join(bin, "dbc"), home: newHome(t)}
	w.from = walletOf(t, w.home)
	w.net, err = testnet.New(w.ctx(), testnet.Config{
		Dir: filepath.Join(t.TempDir(), "net"), Dbcd: filepath.Join(bin, "dbcd"), Validators: 1, Rich: []string{w.from},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.net.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := w.net.Start(w.ctx()); err != nil {
		t.Fatal(err)
	}
	w.proxy = newProxy(t, w.net.Validators[0].GRPC)
	return w
}

func (w *world) ctx() context.Context {
	ctx, stop := context.WithTimeout(w.t.Context(), limit)
	w.t.Cleanup(stop)
	return ctx
}

// in returns the world for a subtest.
func (w *world) in(t *testing.T) *world {
	own := *w
	own.t = t
	return &own
}

// newHome creates a home with the wallet "payer", the same in each.
func newHome(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	ring, err := market.OpenKeyring(home, keyring.BackendFile, market.FixedPassphrase(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Restore("payer", words); err != nil {
		t.Fatal(err)
	}
	return home
}

func walletOf(t *testing.T, home string) string {
	t.Helper()
	ring, err := market.OpenKeyring(home, keyring.BackendFile, market.FixedPassphrase(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	wallet, err := ring.Wallet("payer")
	if err != nil {
		t.Fatal(err)
	}
	return wallet.Address()
}

// command is one run of dbc.
type command struct {
	*exec.Cmd
	out, errOut bytes.Buffer
}

func (w *world) command(home string, args ...string) *command {
	v := w.net.Validators[0]
	args = append(args, "--home", home, "--wallet", "payer", "--chain-id", testnet.ChainID, "--rpc", v.RPC, "--grpc", w.addr)
	c := &command{Cmd: exec.CommandContext(w.ctx(), w.dbc, args...)}
	c.Env = append(os.Environ(), "DBC_WALLET=")
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(passphrase+"\n"), &c.out, &c.errOut
	return c
}

// run returns the exit code, or -1 if a signal ended it, and checks that the
// output contains nothing that no user should ever read.
func (w *world) run(c *command) int {
	w.t.Helper()
	err := c.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		w.t.Errorf("%v: %v", c.Args, err)
	}
	if strings.Contains(c.errOut.String(), "sequence") {
		w.t.Errorf("%v says: %s", c.Args, &c.errOut)
	}
	return c.ProcessState.ExitCode()
}

func (w *world) want(code int, c *command) {
	w.t.Helper()
	if got := w.run(c); got != code {
		w.t.Fatalf("%v: exit code %d, want %d: %s%s", c.Args, got, code, &c.out, &c.errOut)
	}
}

// somebody returns an address that never had a coin.
func somebody() string { return chain.Address(secp256k1.GenPrivKey().PubKey()) }

func (w *world) balance(address string) uint64 {
	w.t.Helper()
	udbc, err := w.net.Validators[0].Client.Balance(w.ctx(), address)
	if err != nil {
		w.t.Fatal(err)
	}
	return udbc
}

func (w *world) received(address string, want uint64) {
	w.t.Helper()
	if got := w.balance(address); got != want {
		w.t.Errorf("%s received %d udbc, want %d", address, got, want)
	}
}

// spent checks that nothing but the stated amount left the wallet.
func (w *world) spent(before, want uint64) {
	w.t.Helper()
	if got := before - w.balance(w.from); got != want {
		w.t.Errorf("the wallet paid %d udbc, want %d", got, want)
	}
}

type sendReply struct {
	Gas  uint64 `json:"gas_udbc"`
	Hash string `json:"tx_hash"`
}

func (c *command) reply(t *testing.T) (r sendReply) {
	t.Helper()
	if err := json.Unmarshal(c.out.Bytes(), &r); err != nil {
		t.Fatalf("%s: %v", &c.out, err)
	}
	return r
}

// outbox returns the number of stored transactions.
func outbox(t *testing.T, home string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(client.Outbox(home), "*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

const amount = 1_234_567

func (w *world) send(home, to string, more ...string) *command {
	return w.command(home, append([]string{"wallet", "send", to, "1.234567", "--json", "--yes"}, more...)...)
}

// TestLostAnswers verifies that, whatever happens to the answer, one command
// pays once and reports it.
func TestLostAnswers(t *testing.T) {
	w := newWorld(t)
	for name, f := range map[string]fault{
		"no fault": nil, "answer lost": answerLost(), "answer late": answerLate(), "request twice": answerTwice(),
		"answer of something between": answerWrong(), "request lost": requestLost(),
		"sequence used, says the answer": answerSays(sdkerrors.ErrWrongSequence),
		"in the cache, says the answer":  answerSays(sdkerrors.ErrTxInMempoolCache),
		"fee gone, says the answer":      answerSays(sdkerrors.ErrInsufficientFunds),
	} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			w.with(f)
			before, to := w.balance(w.from), somebody()
			c := w.send(w.home, to)
			w.want(0, c)
			w.received(to, amount)
			w.spent(before, amount+c.reply(t).Gas)
			if n := outbox(t, w.home); n != 0 {
				t.Errorf("%d transactions are kept after the end", n)
			}
		})
	}
	w.with(nil)
	t.Run("refused", w.refused)
	t.Run("nobody answers", w.nobodyAnswers)
	t.Run("interrupted", w.interrupted)
	t.Run("killed", w.killed)
	t.Run("killed and late", w.killedAndLate)
	t.Run("another command after", w.anotherAfter)
	t.Run("pending", w.pending)
	t.Run("denied", w.denied)
	t.Run("six at once", w.sixAtOnce)
	t.Run("two computers", w.twoComputers)
}

var hashLine = regexp.MustCompile(`sent, may still be included: transaction ([0-9A-F]{64})`)

// lost checks the output of a command whose outcome is not known, and returns
// the hash.
func (w *world) lost(c *command) string {
	w.t.Helper()
	var said struct {
		Error string `json:"error"`
		Code  int    `json:"exit_code"`
		Hash  string `json:"tx_hash"`
	}
	lines := strings.TrimSpace(c.errOut.String())
	if err := json.Unmarshal([]byte(lines[strings.LastIndex(lines, "\n")+1:]), &said); err != nil {
		w.t.Fatalf("%v: %s", err, lines)
	}
	m := hashLine.FindStringSubmatch(said.Error)
	if said.Code != 5 || m == nil || m[1] != said.Hash {
		w.t.Fatalf("%s", lines)
	}
	return said.Hash
}

// again repeats the same command, which reports what became of the first.
func (w *world) again(to, hash string) {
	w.t.Helper()
	w.with(nil)
	c := w.send(w.home, to)
	w.want(0, c)
	if r := c.reply(w.t); hash != "" && r.Hash != hash || !strings.Contains(c.errOut.String(), "nothing was sent now") {
		w.t.Errorf("%s %s, want transaction %s", &c.out, &c.errOut, hash)
	}
	w.received(to, amount)
}

// refused verifies that an actual refusal stands, and that the wallet continues
// to work.
func (w *world) refused(t *testing.T) {
	w = w.in(t)
	before, to := w.balance(w.from), somebody()
	w.with(refuses())
	c := w.send(w.home, to)
	w.want(3, c)
	w.spent(before, 0)
	if n := outbox(t, w.home); n != 0 {
		t.Errorf("%d transactions are kept after a refusal", n)
	}
	w.want(0, w.send(w.home, to))
	w.received(to, amount)
}

func (w *world) nobodyAnswers(t *testing.T) {
	w = w.in(t)
	before, to := w.balance(w.from), somebody()
	w.with(awayAfter())
	c := w.send(w.home, to, "--timeout", "4s")
	w.want(5, c)
	w.again(to, w.lost(c))
	w.spent(before, amount+w.gas())
	// Once it was reported, the same command is a new one.
	w.want(0, w.send(w.home, to))
	w.received(to, 2*amount)
}

// gas returns what the newest transaction cost in addition to its amount.
func (w *world) gas() uint64 {
	list, err := w.net.Validators[0].Client.History(w.ctx(), w.from, 1)
	if err != nil || len(list) != 1 {
		w.t.Fatalf("%v %v", list, err)
	}
	return list[0].Went - amount
}

func (w *world) interrupted(t *testing.T) {
	w = w.in(t)
	to := somebody()
	c := w.send(w.home, to)
	w.with(killer(true, func() { _ = c.Process.Signal(syscall.SIGINT) }))
	w.want(5, c)
	w.again(to, w.lost(c))
	// Before anything was signed there is nothing to report.
	c = w.send(w.home, to)
	w.with(func(ctx context.Context, method string, ask forward) ([]byte, error) {
		if strings.HasSuffix(method, "/AccountInfo") {
			_ = c.Process.Signal(syscall.SIGINT)
			<-ctx.Done() // the program has received it
		}
		return ask()
	})
	w.want(130, c)
	w.received(to, amount)
	if n := outbox(t, w.home); n != 0 {
		t.Errorf("%d transactions are kept that never left", n)
	}
}

func (w *world) killed(t *testing.T) {
	w = w.in(t)
	for name, arrives := range map[string]bool{"before it was sent": false, "before the answer": true} {
		t.Run(name, func(t *testing.T) {
			w := w.in(t)
			before, to := w.balance(w.from), somebody()
			c := w.send(w.home, to)
			w.with(killer(arrives, func() { _ = c.Process.Kill() }))
			w.want(-1, c)
			if n := outbox(t, w.home); n != 1 {
				t.Fatalf("%d transactions are kept", n)
			}
			w.again(to, "")
			w.spent(before, amount+w.gas())
		})
	}
}

// killedAndLate verifies that what was never sent can no longer be sent, so
// that the same command pays.
func (w *world) killedAndLate(t *testing.T) {
	w = w.in(t)
	before, to := w.balance(w.from), somebody()
	c := w.send(w.home, to)
	w.with(killer(false, func() { _ = c.Process.Kill() }))
	w.want(-1, c)
	w.with(nil)
	w.pass(35)
	c = w.send(w.home, to)
	w.want(0, c)
	if !strings.Contains(c.errOut.String(), "did nothing") {
		t.Errorf("%s", &c.errOut)
	}
	w.received(to, amount)
	w.spent(before, amount+c.reply(t).Gas)
}

// pass waits for the given number of blocks.
func (w *world) pass(blocks int64) {
	w.t.Helper()
	v := w.net.Validators[0]
	head, err := v.Client.Newest(w.ctx())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := v.WaitHeight(w.ctx(), head.Height+blocks); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) anotherAfter(t *testing.T) {
	w = w.in(t)
	one, two := somebody(), somebody()
	c := w.send(w.home, one)
	w.with(killer(true, func() { _ = c.Process.Kill() }))
	w.want(-1, c)
	w.with(nil)
	c = w.send(w.home, two)
	w.want(0, c)
	if !strings.Contains(c.errOut.String(), "was carried out") {
		t.Errorf("%s", &c.errOut)
	}
	w.received(one, amount)
	w.received(two, amount)
}

// pending determines the outcome, or forgets the transaction.
func (w *world) pending(t *testing.T) {
	w = w.in(t)
	to := somebody()
	c := w.send(w.home, to)
	w.with(killer(true, func() { _ = c.Process.Kill() }))
	w.want(-1, c)
	w.with(nil)
	c = w.command(w.home, "wallet", "pending")
	w.want(0, c)
	if !strings.Contains(c.errOut.String(), "was carried out") || !strings.Contains(c.out.String(), "Nothing is open") {
		t.Errorf("%s%s", &c.out, &c.errOut)
	}
	c = w.send(w.home, to)
	w.with(killer(true, func() { _ = c.Process.Kill() }))
	w.want(-1, c)
	w.with(nil)
	c = w.command(w.home, "wallet", "pending", "--forget", "AB", "--yes")
	w.want(3, c)
	w.with(denies())
	c = w.command(w.home, "wallet", "pending", "--json", "--timeout", "3s")
	w.want(5, c)
	hash := w.lost(c)
	c = w.command(w.home, "wallet", "pending", "--forget", hash)
	w.want(2, c) // nobody confirmed
	w.want(0, w.command(w.home, "wallet", "pending", "--forget", hash, "--yes"))
	w.with(nil)
	w.want(0, w.send(w.home, to))
	w.received(to, 3*amount)
}

// denied verifies that a dbcd that hides the transaction gets no second one.
func (w *world) denied(t *testing.T) {
	w = w.in(t)
	before, to := w.balance(w.from), somebody()
	w.with(denies())
	c := w.send(w.home, to, "--timeout", "40s")
	w.want(5, c)
	hash := w.lost(c)
	w.with(denies())
	w.want(5, w.send(w.home, to, "--timeout", "8s"))
	w.received(to, amount)
	w.again(to, hash)
	w.spent(before, amount+w.gas())
}

func (w *world) sixAtOnce(t *testing.T) {
	w = w.in(t)
	w.with(nil)
	to := somebody()
	var group sync.WaitGroup
	for range 6 {
		c := w.send(w.home, to)
		group.Go(func() {
			if code := w.run(c); code != 0 {
				t.Errorf("%d: %s", code, &c.errOut)
			}
		})
	}
	group.Wait()
	w.received(to, 6*amount)
}

// twoComputers have the same wallet and know nothing of each other.
func (w *world) twoComputers(t *testing.T) {
	w = w.in(t)
	w.with(nil)
	other, to := newHome(t), somebody()
	var group sync.WaitGroup
	for i := range 6 {
		home := w.home
		if i%2 == 1 {
			home = other
		}
		c := w.send(home, to)
		group.Go(func() {
			if code := w.run(c); code != 0 {
				t.Errorf("%d: %s", code, &c.errOut)
			}
		})
	}
	group.Wait()
	w.received(to, 6*amount)
}
