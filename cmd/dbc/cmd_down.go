package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/client/named"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// downReply says what an end brought back. Amounts are udbc.
type downReply struct {
	RentID uint64 `json:"rent_id"`
	// How is cancelled, broken, left, deleted, stopped or over.
	How string `json:"how"`
	// Refunded is the rent that came back, and what the stake paid at once.
	Refunded  uint64 `json:"refunded_udbc"`
	FeeToHost uint64 `json:"fee_to_host_udbc"`
	FeeToPool uint64 `json:"fee_to_pool_udbc"`
	Gas       uint64 `json:"gas_udbc"`
	// Until is when a rental ends that was left, or that cannot be ended sooner.
	Until *time.Time `json:"until,omitempty"`
	Tasks []string   `json:"tasks,omitempty"`
}

func newDownCommand(s *settings) *cobra.Command {
	var deleteDisks, keepDisks bool
	cmd := &cobra.Command{
		Use:   "down [RENT_ID|NAME]",
		Short: "End a rental in the cheapest way, and say what came back",
		Long: "A trial is cancelled: all of its rent comes back. A confirmed rental is broken where an outage lets you; then what is\n" +
			"not earned comes back, with a penalty from the host's stake. Where it can be left, its exit notice is paid and the rest\n" +
			"comes back; its virtual machines run until then, unless one of the flags ends them now. Otherwise it is paid until\n" +
			"its end, and nothing comes back: its virtual machines are deleted with their disks (--delete-disks), or stopped, and\n" +
			"the machine keeps their disks for a while after the end (--keep-disks). It asks which at a terminal.",
		Example: "  dbc down\n  dbc down train --yes\n  dbc down 7 --keep-disks",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if deleteDisks && keepDisks {
				return usagef("--delete-disks and --keep-disks: choose one")
			}
			d := &down{s: s, cmd: cmd, deleteDisks: deleteDisks, keepDisks: keepDisks}
			return d.run(first(args))
		},
	}
	cmd.Flags().BoolVar(&deleteDisks, "delete-disks", false, "delete the virtual machines of a rental that goes on, with their disks")
	cmd.Flags().BoolVar(&keepDisks, "keep-disks", false, "stop the virtual machines of a rental that goes on, and keep their disks")
	return cmd
}

// down ends one rental.
type down struct {
	s                      *settings
	cmd                    *cobra.Command
	deleteDisks, keepDisks bool
	// name is that of a dbc up, or "".
	name string
	book named.Book
}

func (d *down) run(word string) error {
	c, err := d.s.dial(d.cmd.Context())
	if err != nil {
		return err
	}
	w, err := d.s.signer(d.cmd)
	if err != nil {
		return err
	}
	if d.book, err = d.s.book(); err != nil {
		return err
	}
	id, unlock, err := d.find(c, w, word)
	defer unlock()
	if err != nil {
		return err
	}
	if id == 0 { // a run that rented nothing
		if err := d.forget(); err != nil {
			return err
		}
		return d.show(downReply{How: "over"}, d.name+" had rented nothing.")
	}
	r, err := c.Rental(d.cmd.Context(), id)
	if errors.Is(err, chain.ErrNotFound) { // forgotten long after its end
		return errors.Join(err, d.forget())
	}
	if err != nil {
		return err
	}
	if r.Renter != w.Address() {
		return fmt.Errorf("rental %d is not %w: it is of %s", id, errNotThere, r.Renter)
	}
	switch r.State {
	case xrental.RENTAL_STATE_TRIAL:
		return d.cancel(c, w, r)
	case xrental.RENTAL_STATE_ACTIVE:
		return d.active(c, w, r)
	}
	text := fmt.Sprintf("Rental %d is over already (%s); dbc explain %d says what came back.", id, stateWord(r.State.String(), "RENTAL_STATE_"), id)
	return errors.Join(d.forget(), d.show(downReply{RentID: id, How: "over"}, text))
}

// find returns the rental that word names: a number, the name of a dbc up or of a
// virtual machine, or the only open one. unlock is never nil.
func (d *down) find(c *chain.Client, w *market.Wallet, word string) (id uint64, unlock func(), err error) {
	unlock = func() {}
	if word == "" || named.Check(word) != nil {
		id, err = rentalOf(d.s, d.cmd, word, "open rental", xrental.RENTAL_STATE_TRIAL, xrental.RENTAL_STATE_ACTIVE)
		if err == nil {
			d.name = d.nameOf(c, id)
		}
	} else {
		d.name = word
	}
	if err != nil || d.name == "" {
		return id, unlock, err
	}
	if unlock, err = lockName(d.book, d.name); err != nil {
		return 0, func() {}, err
	}
	if id != 0 {
		return id, unlock, nil
	}
	id, err = d.byName(c, w)
	return id, unlock, err
}

// nameOf returns the name of the dbc up that made a rental.
func (d *down) nameOf(c *chain.Client, id uint64) string {
	all, _ := d.book.All() // without names, the rental is ended all the same
	for _, v := range all {
		if run, err := readRun(d.cmd.Context(), c, d.book, v.Name); err == nil && run.RentID == id {
			return v.Name
		}
	}
	return ""
}

// byName returns the rental of a name; 0 if a dbc up by that name rented nothing.
func (d *down) byName(c *chain.Client, w *market.Wallet) (uint64, error) {
	v, err := d.book.Get(d.name)
	if errors.Is(err, named.ErrNone) {
		return 0, fmt.Errorf("no %s is %w: dbc rentals shows what you rent, dbc down takes its number", d.name, errNotThere)
	}
	if err != nil {
		return 0, err
	}
	if len(v.Run) == 0 {
		task, _, err := findTask(d.cmd.Context(), d.s, d.cmd, "", d.name)
		if err != nil {
			return 0, err
		}
		return parseRentID(task.RentOrder)
	}
	run, err := readRun(d.cmd.Context(), c, d.book, d.name)
	if errors.Is(err, named.ErrNone) { // of a chain that is gone
		return 0, nil
	}
	if err != nil || run.RentID != 0 || len(run.Sent) == 0 {
		return run.RentID, err
	}
	// It may have been paid for: what became of it comes first.
	u := &up{s: d.s, cmd: d.cmd, name: d.name, book: d.book, run: run, begun: true}
	if run.Wallet != w.Address() {
		return 0, usagef("%s is wallet %s's: --wallet with that one", d.name, run.Wallet)
	}
	err = u.findRent(d.cmd.Context())
	return u.run.RentID, err
}

// forget takes the names of what is over away.
func (d *down) forget() error {
	if d.name == "" {
		return nil
	}
	v, _ := d.book.Get(d.name) // a record that is damaged goes too
	return forgetRun(d.s, d.book, d.name, v.TaskID)
}

func (d *down) show(reply downReply, text string) error {
	return d.s.show(d.cmd, reply, func(w io.Writer) { fmt.Fprintln(w, text) })
}

func (d *down) cancel(c *chain.Client, w *market.Wallet, r xrental.Rental) error {
	if err := d.s.sure(d.cmd, fmt.Sprintf("Trial %d ends now: its virtual machines are deleted with their disks, %s comes back, and the fee of %s does not.",
		r.Id, client.FormatDBC(r.Paid), client.FormatDBC(r.Fee))); err != nil {
		return err
	}
	cause, err := causeOf(d.s, d.cmd, c, w, r.Id)
	if err != nil {
		return err
	}
	done, err := market.Renter{Chain: c, Wallet: w}.Cancel(d.cmd.Context(), r.Id, xrental.Cause(cause))
	if err != nil {
		return err
	}
	if err := d.forget(); err != nil {
		return err
	}
	refreshSSH(d.s, d.cmd)
	return d.show(downReply{RentID: r.Id, How: "cancelled", Refunded: done.Refunded, FeeToHost: done.FeeToHost, FeeToPool: done.FeeToPool, Gas: done.Tx.Fee},
		fmt.Sprintf("Rental %d is over; %s came back. Fee: %s; gas %s.", r.Id, client.FormatDBC(done.Refunded), feeText(done), client.FormatDBC(done.Tx.Fee)))
}

// active breaks a confirmed rental, or leaves it, if that brings anything back. A
// break brings all of what is not earned and a penalty, so it comes first.
func (d *down) active(c *chain.Client, w *market.Wallet, r xrental.Rental) error {
	explained, err := c.Explain(d.cmd.Context(), r.Id)
	if err != nil {
		return err
	}
	if b := explained.RenterBreak; b == nil || !b.Allowed {
		if l := explained.Leave; l != nil && l.End.Before(r.End) {
			return d.leave(c, w, r, *l)
		}
		return d.endMachines(w, r)
	}
	if err := d.s.sure(d.cmd, breakText(r, w.Address())); err != nil {
		return err
	}
	tx, err := c.Broadcast(d.cmd.Context(), w, &xrental.MsgBreakRental{Signer: w.Address(), RentId: r.Id})
	if err != nil {
		return fmt.Errorf("break rental %d: %w", r.Id, err)
	}
	reply := downReply{RentID: r.Id, How: "broken", Gas: tx.Fee}
	if after, err := c.Explain(d.cmd.Context(), r.Id); err == nil && isSettled(after.Waiting) {
		reply.Refunded = after.Unearned + after.Rental.FromStake - min(after.Rental.FromStake, after.Rental.HeldPenalty)
	}
	return errors.Join(d.forget(), d.show(reply, fmt.Sprintf("Rental %d is broken; %s came back, gas %s; dbc explain %d shows each part.",
		r.Id, client.FormatDBC(reply.Refunded), client.FormatDBC(tx.Fee), r.Id)))
}

// leave leaves a rental, which then goes on until its exit notice is over.
func (d *down) leave(c *chain.Client, w *market.Wallet, r xrental.Rental, terms xrental.Leave) error {
	ends := d.deleteDisks || d.keepDisks
	text := leaveText(r, terms)
	if d.deleteDisks {
		text += " They are deleted now, with all disks and what is on them."
	}
	if err := d.s.sure(d.cmd, text); err != nil {
		return err
	}
	left, err := market.Renter{Chain: c, Wallet: w}.Leave(d.cmd.Context(), r.Id)
	if err != nil {
		return err
	}
	reply := downReply{RentID: r.Id, How: "left", Refunded: left.Refunded, Gas: left.Tx.Fee, Until: &left.End}
	said := fmt.Sprintf("Rental %d ends %s; %s came back, gas %s.", r.Id, clock(left.End), client.FormatDBC(left.Refunded), client.FormatDBC(left.Tx.Fee))
	if !ends {
		return d.show(reply, said+" Its virtual machines run until then; --delete-disks deletes them sooner.")
	}
	if reply.Tasks, err = d.endTasks(w, r); err != nil {
		return fmt.Errorf("%s Its virtual machines still run: %w", said, err)
	}
	return d.show(reply, fmt.Sprintf("%s Its virtual machines (%s) are %s.", said, strings.Join(reply.Tasks, ", "), d.ended()))
}

// ended is what became of the virtual machines.
func (d *down) ended() string {
	if d.deleteDisks {
		return "deleted with their disks"
	}
	return "stopped"
}

// endTasks stops or deletes what runs in a rental, as the flags say.
func (d *down) endTasks(w *market.Wallet, r xrental.Rental) ([]string, error) {
	n, tasks, err := d.tasks(w, r)
	if err != nil {
		return nil, err
	}
	for _, id := range tasks {
		if err := d.endMachine(d.cmd.Context(), n, id); err != nil {
			return nil, err
		}
	}
	if d.deleteDisks {
		err = d.forget()
		refreshSSH(d.s, d.cmd)
	}
	return tasks, err
}

// tasks returns the virtual machines of a rental.
func (d *down) tasks(w *market.Wallet, r xrental.Rental) (*client.Node, []string, error) {
	ctx := d.cmd.Context()
	n, err := d.s.machine(ctx, w, r.MachineId)
	if err != nil {
		return nil, nil, err
	}
	all, err := n.Tasks(ctx)
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	for _, t := range all {
		if rentIDOf(t.RentOrder) == r.Id && t.Status != client.StatusDeleting {
			ids = append(ids, t.TaskID)
		}
	}
	return n, ids, nil
}

// endMachines stops or deletes what runs in a rental that is paid until its end.
func (d *down) endMachines(w *market.Wallet, r xrental.Rental) error {
	_, tasks, err := d.tasks(w, r)
	if err != nil {
		return err
	}
	if err := d.choose(r, tasks); err != nil {
		return err
	}
	reply := downReply{RentID: r.Id, How: "stopped", Until: &r.End}
	if reply.Tasks, err = d.endTasks(w, r); err != nil {
		return err
	}
	text := "are stopped; dbc vm start starts them again, and after the end the machine keeps their disks for a while (dbc vm list)."
	if d.deleteDisks {
		reply.How, text = "deleted", "are deleted with their disks."
	}
	return errors.Join(err, d.show(reply, fmt.Sprintf("Nothing came back: rental %d is confirmed and paid until %s. Its virtual machines (%s) %s",
		r.Id, clock(r.End), strings.Join(reply.Tasks, ", "), text)))
}

// choose asks what becomes of the disks.
func (d *down) choose(r xrental.Rental, tasks []string) error {
	if d.deleteDisks {
		return d.s.sure(d.cmd, fmt.Sprintf("Rental %d is confirmed: nothing comes back, and it is paid until %s. %s deleted with all disks and what is on them.",
			r.Id, clock(r.End), strings.Join(tasks, ", ")))
	}
	file, asked := atTerminal(d.cmd)
	if d.keepDisks || d.s.dryRun {
		return nil
	}
	if !asked {
		return usagef("rental %d is confirmed and goes on until %s: --delete-disks or --keep-disks is needed, since there is no terminal to ask at", r.Id, clock(r.End))
	}
	fmt.Fprintf(d.cmd.ErrOrStderr(), "Rental %d is confirmed: nothing comes back, and it is paid until %s. delete deletes its virtual machines with their disks; "+
		"stop stops them, and the machine keeps the disks for a while after the end. [delete/stop/NOTHING] ", r.Id, clock(r.End))
	answer, err := readAnswer(file)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"delete", "stop"}, answer) {
		return errUnwanted
	}
	d.deleteDisks, d.keepDisks = answer == "delete", answer == "stop"
	return nil
}

func (d *down) endMachine(ctx context.Context, n *client.Node, id string) error {
	if d.deleteDisks {
		return orUnknown(n.DeleteTask(ctx, id), "dbc vm list")
	}
	task, err := n.Task(ctx, id)
	if err != nil {
		return err
	}
	if task.Status != client.StatusRunning {
		return nil
	}
	if err := n.StopTask(ctx, id); err != nil {
		return orUnknown(err, "dbc vm show "+id)
	}
	_, err = n.WaitTask(ctx, id, client.StatusClosed, nil)
	return err
}
