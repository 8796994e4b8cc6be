package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/chain/outbox"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/client/named"
)

// upRun is the record of a dbc up: what it decided, and what it may have sent. It is on
// disk before each step, so that a run that ends anywhere goes on and pays once. What
// became of a step is asked of chain and machine, not kept.
type upRun struct {
	// Genesis distinguishes chains of the same id; rentals are numbered anew on each.
	Genesis string `json:"genesis"`
	Wallet  string `json:"wallet"`
	// Wish is what the command line asked for.
	Wish      upWish `json:"wish"`
	MachineID string `json:"machine_id"`
	// Sent are the transactions that may have rented it, at most one of which did.
	Sent []sentRent `json:"sent,omitempty"`
	// RentID is 0 until it is known.
	RentID uint64 `json:"rent_id,omitempty"`
	Gas    uint64 `json:"gas_udbc,omitempty"`
	// Create is what the machine is asked for, with the id that makes it one virtual
	// machine however often it is asked.
	Create   api.Create `json:"create"`
	Verified string     `json:"verified,omitempty"`
}

// upWish is what a dbc up was asked to rent.
type upWish struct {
	Seconds  uint64 `json:"seconds"`
	Slots    uint32 `json:"slots"`
	MaxTotal uint64 `json:"max_total_udbc,omitempty"`
	// Filter is the command line's, to go on with it and to recognize another one.
	Filter string `json:"filter"`
}

// sentRent is a transaction that was signed to rent, before it could leave this
// computer.
type sentRent struct {
	Hash string `json:"hash"`
	Last uint64 `json:"last_height"`
	Fee  uint64 `json:"fee_udbc"`
}

// up is a dbc up at work.
type up struct {
	s    *settings
	cmd  *cobra.Command
	name string
	book named.Book
	f    upFlags
	run  upRun
	// begun reports that the record is on disk.
	begun bool
	// tried are machines that failed, which are not tried again.
	tried []string
}

// keep writes the record. A dry run keeps nothing.
func (u *up) keep() error {
	if u.s.dryRun {
		return nil
	}
	text, err := json.Marshal(u.run)
	if err != nil {
		return fmt.Errorf("encode what dbc up does: %w", err)
	}
	if err := u.book.Put(named.VM{Name: u.name, MachineID: u.run.MachineID, TaskID: u.run.Create.TaskID, Run: text}); err != nil {
		return err
	}
	u.begun = true
	return nil
}

// forget ends the run; what it rented is over. A dry run leaves the record.
func (u *up) forget() error {
	taskID := u.run.Create.TaskID
	u.begun = false
	u.run = upRun{Genesis: u.run.Genesis, Wallet: u.run.Wallet, Wish: u.run.Wish}
	return forgetRun(u.s, u.book, u.name, taskID)
}

// forgetRun deletes the record of a name, and which keys log in to its virtual machine.
// A dry run deletes neither.
func forgetRun(s *settings, book named.Book, name, taskID string) error {
	if s.dryRun {
		return nil
	}
	if home, err := s.homeDir(); err == nil {
		forgetLoginKeys(home, taskID)
	}
	return book.Delete(name)
}

// readRun returns the record of a name. ErrNone means that there is none, of this
// chain.
func readRun(ctx context.Context, c *chain.Client, book named.Book, name string) (run upRun, err error) {
	v, err := book.Get(name)
	if err != nil {
		return run, err
	}
	if len(v.Run) == 0 {
		return run, usagef("%s is the name of virtual machine %s, which dbc up did not make: choose another name", name, v.TaskID)
	}
	if err := json.Unmarshal(v.Run, &run); err != nil {
		return run, fmt.Errorf("read what dbc up %s did: its record is damaged (%w); dbc rentals shows what you rent", name, err)
	}
	genesis, err := genesisOf(ctx, c)
	if err != nil {
		return run, err
	}
	if run.Genesis != genesis { // a devnet that was reset
		return upRun{}, named.ErrNone
	}
	return run, nil
}

func genesisOf(ctx context.Context, c *chain.Client) (string, error) {
	head, err := c.Head(ctx)
	return hex.EncodeToString(head.GenesisHash[:]), err
}

// otherGuest reports whether the command line asks for another virtual machine than the
// run does. What it leaves open is as the run has it.
func (f *upFlags) otherGuest(create api.Create) bool {
	return f.image != "" && f.image != create.ImageName ||
		f.disk != "" && f.disk != string(create.DiskSize) ||
		len(f.keyFiles) > 0 && !slices.Equal(f.keys, create.SSHPublicKeys)
}

// reorder takes the guest that the command line asks for into the record. The machine
// has none of the run's: it refused what was asked for before.
func (u *up) reorder() error {
	create := &u.run.Create
	if u.f.image != "" {
		create.ImageName = u.f.image
	}
	if u.f.disk != "" {
		create.DiskSize = api.Text(u.f.disk)
	}
	if len(u.f.keyFiles) > 0 {
		create.SSHPublicKeys = u.f.keys
		if !u.s.dryRun {
			keepKeys(u.s, create.TaskID, u.f.keyFilesFound)
		}
	}
	return u.keep()
}

// errOtherWish refuses a command line that the run cannot follow any more.
func (u *up) errOtherWish() error {
	return usagef("dbc up %s is at work, and was asked for something else: without its options it goes on, dbc down %s ends it, another name begins another", u.name, u.name)
}

// load reads the record if there is one, and refuses a command line that asks for
// something else.
func (u *up) load(ctx context.Context, c *chain.Client, wallet string) error {
	genesis, err := genesisOf(ctx, c)
	if err != nil {
		return err
	}
	u.run = upRun{Genesis: genesis, Wallet: wallet, Wish: u.f.wish}
	run, err := readRun(ctx, c, u.book, u.name)
	if errors.Is(err, named.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	if run.Wallet != wallet {
		return usagef("dbc up %s is wallet %s's: --wallet with that one goes on, another name begins another", u.name, run.Wallet)
	}
	u.run, u.begun = run, true
	if !u.f.asked {
		return u.f.recall(run.Wish)
	}
	if run.Wish != u.f.wish {
		u.begun = false
		return u.errOtherWish()
	}
	return nil
}

// signing calls do with a connection of its own. Other commands of the wallet wait
// while it is open, and a guest's shell may be open for days.
func signing(ctx context.Context, s *settings, cmd *cobra.Command, do func(c *chain.Client, renter market.Renter) error) error {
	w, err := s.signer(cmd)
	if err != nil {
		return err
	}
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	err = do(c, market.Renter{Chain: c, Wallet: w})
	if err == nil {
		err = c.Acknowledge()
	}
	_ = c.Close()
	return err
}

// findRent returns what became of the transactions that a run before this one signed.
// It ends with the rental known, or with the certainty that there is none.
func (u *up) findRent(ctx context.Context) error {
	return signing(ctx, u.s, u.cmd, func(c *chain.Client, renter market.Renter) error {
		pending, err := c.Pending(ctx, u.run.Wallet)
		if err != nil {
			return err
		}
		if pending != nil { // its bytes are sent again, until a block has them or none can
			if _, err := c.Settle(ctx, u.run.Wallet); err != nil {
				return err
			}
		}
		for _, sent := range u.run.Sent {
			tx, ok, err := included(ctx, c, sent)
			if refusedInBlock(err) {
				continue
			}
			if err != nil {
				return err
			}
			if ok {
				made, err := market.RentedBy(tx)
				if err != nil {
					return err
				}
				return u.rented(made)
			}
		}
		u.run.Sent = nil
		return u.keep()
	})
}

// refusedInBlock reports whether a block has the transaction and it did nothing, which
// is certain, rather than that the dbcd refused to say.
func refusedInBlock(err error) bool {
	refused := new(chain.Refused)
	return errors.As(err, &refused) && refused.GasWanted > 0
}

const (
	// indexLag is how many blocks a dbcd's index of transactions may be behind.
	indexLag = 2
	sentPoll = time.Second
)

// included waits until a block has the transaction, or none can any more.
func included(ctx context.Context, c *chain.Client, sent sentRent) (chain.TxResult, bool, error) {
	for again := time.NewTicker(sentPoll); ; {
		head, err := c.Newest(ctx) // before the look-up, which must be newer
		if err != nil {
			return chain.TxResult{}, false, err
		}
		tx, ok, err := c.Included(ctx, sent.Hash, sent.Fee)
		if err != nil || ok || head.Height > int64(sent.Last)+indexLag { //nolint:gosec // a height
			return tx, ok, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return tx, false, &chain.Unsettled{Hash: sent.Hash, Last: sent.Last, Err: context.Cause(ctx)}
		}
	}
}

// rented records what was paid for.
func (u *up) rented(made market.Rented) error {
	u.run.RentID, u.run.Gas = made.RentID, made.Tx.Fee
	if err := u.keep(); err != nil {
		return fmt.Errorf("rental %d is paid for: %w", made.RentID, err)
	}
	u.say("Rented:", fmt.Sprintf("rental %d in block %d", made.RentID, made.Tx.Height))
	u.say("Confirm by:", clock(made.Deadline)+left(made.Deadline)+", else the rent comes back")
	return nil
}

// noting records each transaction before it can leave this computer.
func (u *up) noting(sent outbox.Sent) error {
	if !slices.ContainsFunc(u.run.Sent, func(s sentRent) bool { return s.Hash == sent.Hash }) {
		u.run.Sent = append(u.run.Sent, sentRent{sent.Hash, sent.Last, sent.Fee})
	}
	return u.keep()
}
