package challenge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/compute/challenge"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/x/machine"
)

// The ignored goroutine is started by a library of the SDK when it is loaded.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/desertbit/timer.timerRoutine"))
}

const chainID = "dbc-devnet-1"

type signer struct{ chain.Signer }

func (s signer) Address() string { return chain.Address(s.PubKey()) }

// dbcd has one machine and closes its challenge as the real one would.
type dbcd struct {
	mu      sync.Mutex
	machine machine.Machine
	open    []machine.Challenge
	// fail are the results of the next broadcasts; nil is accepted.
	fail []error
	// takes is how long a broadcast waits for its block.
	takes time.Duration
	sent  []*machine.MsgAnswerChallenge
	txs   int
	busy  int
	err   error
}

func (d *dbcd) Machine(context.Context, string) (machine.Listing, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return machine.Listing{Machine: d.machine}, d.err
}

func (d *dbcd) Challenge(_ context.Context, id uint64) (machine.Challenge, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.open {
		if c.Id == id {
			return c, nil
		}
	}
	return machine.Challenge{}, chain.ErrNotFound
}

func (d *dbcd) Broadcast(ctx context.Context, _ chain.Signer, msgs ...sdk.Msg) (chain.TxResult, error) {
	d.mu.Lock()
	if d.busy++; d.busy > 1 {
		panic("two answers at once")
	}
	for _, msg := range msgs {
		d.sent = append(d.sent, msg.(*machine.MsgAnswerChallenge))
	}
	d.txs++
	var err error
	if len(d.fail) > 0 {
		err, d.fail = d.fail[0], d.fail[1:]
	}
	d.mu.Unlock()
	select {
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-time.After(d.takes):
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy--
	if err == nil {
		d.machine.OpenChallenges = d.machine.OpenChallenges[len(msgs):]
	}
	return chain.TxResult{}, err
}

func (d *dbcd) challenge(id uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.machine.OpenChallenges = append(d.machine.OpenChallenges, id)
	d.open = append(d.open, machine.Challenge{Id: id, MachineId: d.machine.Id, Height: 40 + int64(id)})
}

// world is a loop in a bubble of time.
type world struct {
	dbcd  *dbcd
	key   key.Key
	wakes chan struct{}
	log   *bytes.Buffer
}

func begin(t *testing.T, operator challenge.Signer) *world {
	t.Helper()
	k, err := key.Create(filepath.Join(t.TempDir(), "node.key"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{key: k, wakes: make(chan struct{}, 1), log: &bytes.Buffer{}, dbcd: &dbcd{machine: machine.Machine{Id: k.MachineID()}}}
	if operator != nil {
		w.dbcd.machine.Operator = operator.Address()
	}
	loop := challenge.New(
		challenge.Config{Key: k, ChainID: chainID, Operator: operator},
		challenge.Deps{Chain: w.dbcd, Log: slog.New(slog.NewTextHandler(w.log, nil)), Wakes: w.wakes},
	)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- loop.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	synctest.Wait()
	return w
}

// block wakes the loop as a block does and waits until it is idle.
func (w *world) block() {
	select {
	case w.wakes <- struct{}{}:
	default:
	}
	synctest.Wait()
}

func newSigner() signer { return signer{chain.NewKeySigner(secp256k1.GenPrivKey())} }

func TestAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		operator := newSigner()
		w := begin(t, operator)
		w.block()
		w.dbcd.challenge(3)
		w.block()
		if len(w.dbcd.sent) != 1 {
			t.Fatalf("%d answers", len(w.dbcd.sent))
		}
		sent := w.dbcd.sent[0]
		if sent.ChallengeId != 3 || sent.Height != 43 || sent.Operator != operator.Address() {
			t.Errorf("sent %+v", sent)
		}
		if err := machine.VerifySignature(w.key.MachineID(), machine.AnswerText(chainID, w.key.MachineID(), 3, 43), sent.Signature); err != nil {
			t.Error(err)
		}
		w.block()
		w.dbcd.challenge(4)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's time: without a block, the tick finds it
		synctest.Wait()
		if len(w.dbcd.sent) != 2 {
			t.Errorf("%d answers without a block", len(w.dbcd.sent))
		}
	})
}

func TestOneAnswerWhileOneIsPending(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, newSigner())
		w.dbcd.takes = 5 * time.Minute
		w.dbcd.challenge(1)
		for range 100 {
			w.block()
		}
		time.Sleep(4 * time.Minute) //nolint:forbidigo // the bubble's time
		w.block()
		if len(w.dbcd.sent) != 1 {
			t.Errorf("%d answers while one was pending", len(w.dbcd.sent))
		}
		time.Sleep(2 * time.Minute) //nolint:forbidigo // the bubble's time
		w.block()
		if len(w.dbcd.sent) != 1 {
			t.Errorf("%d answers after it was taken", len(w.dbcd.sent))
		}
	})
}

func TestTriesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, newSigner())
		w.dbcd.fail = []error{chain.ErrUnreachable, chain.ErrExpired, &chain.Refused{Codespace: "sdk", Code: 5, Log: "insufficient funds"}}
		w.dbcd.challenge(1)
		w.block()
		// Blocks do not speed up a failed one: that would be an attempt per second.
		for range 20 {
			w.block()
		}
		if len(w.dbcd.sent) != 1 {
			t.Errorf("%d tries at once", len(w.dbcd.sent))
		}
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's time
		synctest.Wait()
		if len(w.dbcd.sent) != 4 || len(w.dbcd.machine.OpenChallenges) != 0 {
			t.Errorf("%d tries", len(w.dbcd.sent))
		}
		if said := w.log.String(); !strings.Contains(said, "insufficient funds") {
			t.Errorf("the log has no reason: %s", said)
		}
	})
}

// Renters may challenge while others do: all are answered, some in each transaction.
func TestAnswersAllThatAreOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, newSigner())
		for id := range uint64(65) {
			w.dbcd.challenge(id + 1)
		}
		w.dbcd.open = append(w.dbcd.open[:3], w.dbcd.open[4:]...) // closed between the questions
		w.block()
		if len(w.dbcd.sent) != 19 || w.dbcd.txs != 1 {
			t.Fatalf("%d answers in %d transactions", len(w.dbcd.sent), w.dbcd.txs)
		}
		if first, last := w.dbcd.sent[0].ChallengeId, w.dbcd.sent[18].ChallengeId; first != 1 || last != 20 {
			t.Errorf("challenges %d to %d were answered first", first, last)
		}
		for range 4 {
			w.block()
		}
		if len(w.dbcd.machine.OpenChallenges) != 0 {
			t.Errorf("%v are open", w.dbcd.machine.OpenChallenges)
		}
	})
}

func TestClosedMeanwhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, newSigner())
		closed := machine.ErrChallengeClosed
		w.dbcd.fail = []error{fmt.Errorf("simulate: %w", &chain.Refused{Codespace: closed.Codespace(), Code: closed.ABCICode()})}
		w.dbcd.challenge(1)
		w.block()
		if said := w.log.String(); strings.Contains(said, "level=ERROR") || !strings.Contains(said, "closed before") {
			t.Errorf("%s", said)
		}
	})
}

func TestCanNotAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operator challenge.Signer
		start    string
		want     error
	}{
		"no operator":      {nil, "no operator_key in core.conf", challenge.ErrNoOperator},
		"another operator": {newSigner(), "answered by themselves", challenge.ErrNotOperator},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := begin(t, c.operator)
				if said := w.log.String(); strings.Count(said, c.start) != 1 {
					t.Errorf("at the start: %s", said)
				}
				w.dbcd.mu.Lock()
				w.dbcd.machine.Operator = "dbc1other"
				w.dbcd.mu.Unlock()
				for _, id := range []uint64{1, 2} {
					w.dbcd.challenge(id)
					for range 5 {
						w.block()
					}
				}
				if said := w.log.String(); strings.Count(said, "dbc host answer before") != 2 || !strings.Contains(said, c.want.Error()) {
					t.Errorf("not said once for each challenge: %s", said)
				}
				if len(w.dbcd.sent) != 0 {
					t.Error("something was sent")
				}
			})
		})
	}
}

func TestSilentChainIsSaidOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, newSigner())
		w.dbcd.mu.Lock()
		w.dbcd.err = errors.Join(chain.ErrUnreachable)
		w.dbcd.mu.Unlock()
		w.block()
		time.Sleep(10 * time.Minute) //nolint:forbidigo // the bubble's time
		synctest.Wait()
		if n := strings.Count(w.log.String(), "look for challenges"); n != 1 {
			t.Errorf("said %d times: %s", n, w.log.String())
		}
		w.dbcd.mu.Lock()
		w.dbcd.err = nil
		w.dbcd.mu.Unlock()
		w.dbcd.challenge(1)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's time
		synctest.Wait()
		if len(w.dbcd.sent) != 1 {
			t.Errorf("%d answers when it was back", len(w.dbcd.sent))
		}
	})
}

func TestOwnersKeyIsWarnedOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		owner bool
		want  int
	}{"operator of its own": {false, 0}, "the owner's": {true, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				operator := newSigner()
				w := begin(t, operator)
				if c.owner {
					w.dbcd.mu.Lock()
					w.dbcd.machine.Owner = operator.Address()
					w.dbcd.mu.Unlock()
				}
				for range 5 {
					w.block()
				}
				if n := strings.Count(w.log.String(), "is the owner's key"); n != c.want {
					t.Errorf("said %d times: %s", n, w.log.String())
				}
			})
		})
	}
}
