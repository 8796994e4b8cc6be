package challenge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// tick is the pause between checks if no block wakes the loop: the window is minutes.
	tick = 30 * time.Second
	// A failed answer is retried after at most maxPause, which leaves room for many
	// attempts in any window.
	minPause = time.Second
	maxPause = 15 * time.Second
)

// Chain is what the loop needs of the chain; *chain.Client is one.
type Chain interface {
	Machine(ctx context.Context, id string) (machine.Listing, error)
	Challenge(ctx context.Context, id uint64) (machine.Challenge, error)
	Broadcast(ctx context.Context, signer chain.Signer, msgs ...sdk.Msg) (chain.TxResult, error)
}

// Signer is the operator's key; *operator.Key is one.
type Signer interface {
	chain.Signer
	Address() string
}

// Config says whose challenges are answered.
type Config struct {
	Key     key.Key
	ChainID string
	// Operator sends the answers; if nil, the loop only logs that somebody has to.
	Operator Signer
}

// Deps are the loop's dependencies.
type Deps struct {
	Chain Chain
	Log   *slog.Logger
	// Wakes come with each block; see chain.Watch.
	Wakes <-chan struct{}
}

// Loop answers the challenges of one machine. Open challenges are queried from
// the chain each time and nothing is stored: after a kill at any line the next
// start sees that the challenge is open, or that it is gone.
type Loop struct {
	cfg Config
	Deps

	// told is the last failure logged about it, so that it is not repeated.
	told string
	// hot is set if the owner's key was found here and that was logged.
	hot bool
}

// New returns a loop and logs at once whether it can answer.
func New(cfg Config, deps Deps) *Loop {
	l := &Loop{cfg: cfg, Deps: deps}
	if cfg.Operator == nil {
		l.Log.Warn("no operator_key in core.conf: this node can't answer challenges by itself; " +
			"answer each with dbc host answer, or the machine goes offline")
	} else {
		l.Log.Info("challenges are answered by themselves", "operator", cfg.Operator.Address())
	}
	return l
}

// Run answers until ctx is done. It works on one answer at a time and waits
// until the chain has accepted it or never will, so that none is sent twice.
// The chain decides whether an answer is late: its clock counts, not ours.
func (l *Loop) Run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = minPause, maxPause
	wakes := l.Wakes
	for {
		err := l.look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			l.tell(err)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(pause.NextBackOff()):
			}
			continue
		}
		pause.Reset()
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case _, open := <-wakes:
			if !open {
				wakes = nil
			}
		}
	}
}

// tell logs failures: each lost answer, but only once that a dbcd does not answer.
func (l *Loop) tell(err error) {
	if errors.Is(err, chain.ErrUnreachable) {
		if l.told != "unreachable" {
			l.told = "unreachable"
			l.Log.Warn("can't look for challenges", "error", err)
		}
		return
	}
	l.told = ""
	l.Log.Error("can't look for challenges or answer one; trying again", "error", err)
}

// maxAnswers bounds the answers in one transaction; the next ones follow it.
const maxAnswers = 20

// look answers the open challenges, if there are any, oldest first.
func (l *Loop) look(ctx context.Context) error {
	listed, err := l.Chain.Machine(ctx, l.cfg.Key.MachineID())
	if errors.Is(err, chain.ErrNotFound) {
		return nil // not bonded yet
	}
	if err != nil {
		return err
	}
	m := listed.Machine
	l.warnHot(m)
	open, err := l.open(ctx, m.OpenChallenges)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		l.told = ""
		return nil
	}
	if err := l.able(m); err != nil {
		ids, oldest := m.OpenChallenges, open[0]
		// Retrying soon would change nothing, so it is logged once per challenge
		// and checked again with the next block.
		if said := fmt.Sprintf("%v: %v", ids, err); l.told != said {
			l.told = said
			l.Log.Error("a challenge is open that this node can't answer: run dbc host answer before its deadline",
				"challenges", ids, "deadline", oldest.Deadline, "error", err)
		}
		return nil
	}
	return l.answer(ctx, open)
}

// open returns challenges, except those that were closed between the queries.
func (l *Loop) open(ctx context.Context, ids []uint64) ([]machine.Challenge, error) {
	var open []machine.Challenge
	for _, id := range ids[:min(len(ids), maxAnswers)] {
		c, err := l.Chain.Challenge(ctx, id)
		if errors.Is(err, chain.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		open = append(open, c)
	}
	return open, nil
}

// warnHot logs once that a key here can do more than it should.
func (l *Loop) warnHot(m machine.Machine) {
	if l.hot || l.cfg.Operator == nil || l.cfg.Operator.Address() != m.Owner {
		return
	}
	l.hot = true
	l.Log.Warn("operator_key is the owner's key: whoever breaks into this computer can take the stake; " +
		"keep the owner's key elsewhere and bond with an operator of its own")
}

// able reports whether the node has what an answer needs.
func (l *Loop) able(m machine.Machine) error {
	if l.cfg.Operator == nil {
		return ErrNoOperator
	}
	if has := l.cfg.Operator.Address(); has != m.Operator {
		return fmt.Errorf("it is %s, the machine's is %s: %w", has, m.Operator, ErrNotOperator)
	}
	return nil
}

// answer sends the answers in one transaction. If one of the challenges was
// closed before it arrived, the others are found again with the next block.
func (l *Loop) answer(ctx context.Context, open []machine.Challenge) error {
	c := open[0]
	var answers []sdk.Msg
	for _, c := range open {
		l.Log.Info("answering a challenge", "challenge", c.Id, "challenger", c.Challenger, "deadline", c.Deadline)
		answers = append(answers, Answer(l.cfg.Key, l.cfg.ChainID, l.cfg.Operator.Address(), c))
	}
	tx, err := l.Chain.Broadcast(ctx, l.cfg.Operator, answers...)
	if isClosed(err) {
		// By hand, by an answer that an earlier run of this node had sent, or by
		// its deadline: the machine's state shows which.
		l.Log.Warn("the challenge was closed before the answer came", "challenge", c.Id, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("answer challenge %d, deadline %s: %w", c.Id, c.Deadline.UTC().Format(time.RFC3339), err)
	}
	l.Log.Info("answered challenges", "first", c.Id, "challenges", len(open), "height", tx.Height, "tx", tx.Hash)
	return nil
}

// isClosed reads the registered error, not its text.
func isClosed(err error) bool {
	var refused *chain.Refused
	return errors.As(err, &refused) && refused.Codespace == machine.ErrChallengeClosed.Codespace() &&
		refused.Code == machine.ErrChallengeClosed.ABCICode()
}
