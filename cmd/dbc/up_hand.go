package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/x/rental"
)

// upReply is the result of a dbc up. Amounts are udbc.
type upReply struct {
	Name      string     `json:"name"`
	MachineID string     `json:"machine_id"`
	RentID    uint64     `json:"rent_id"`
	TaskID    string     `json:"task_id"`
	State     string     `json:"state"`
	SSH       upSSH      `json:"ssh"`
	Until     time.Time  `json:"until"`
	ConfirmBy *time.Time `json:"confirm_by,omitempty"`
	Paid      uint64     `json:"paid_udbc"`
	Fee       uint64     `json:"fee_udbc"`
	Gas       uint64     `json:"gas_udbc"`
	// Verified is pass, warn, fail or unmeasured; absent if it was not compared.
	Verified string `json:"verified,omitempty"`
}

// upSSH is how to log in, without dbc too.
type upSSH struct {
	Host         string   `json:"host"`
	Port         uint16   `json:"port"`
	User         string   `json:"user"`
	Fingerprints []string `json:"fingerprints"`
}

func (u *up) reply(r rental.Rental, task api.Task) (upReply, error) {
	login, err := client.NewLogin(task)
	if err != nil {
		return upReply{}, err
	}
	reply := upReply{
		Name: u.name, MachineID: r.MachineId, RentID: r.Id, TaskID: task.TaskID, State: stateWord(r.State.String(), "RENTAL_STATE_"),
		SSH: upSSH{login.Addr.String(), login.Port, login.User, login.Fingerprints()}, Until: r.End,
		Paid: r.Paid, Fee: r.Fee, Gas: u.run.Gas, Verified: u.run.Verified,
	}
	if r.State == rental.RENTAL_STATE_TRIAL {
		reply.ConfirmBy = &r.Deadline
	}
	return reply, nil
}

// handOver logs in where there is a terminal, and then decides the trial: never by
// itself, and never for a machine that is not as listed.
func (u *up) handOver(ctx context.Context, c *chain.Client, at found, task api.Task) error {
	wrong := u.run.Verified == string(probe.Fail)
	_, asked := atTerminal(u.cmd)
	asked = asked && !u.s.json
	if asked && u.f.login && !wrong {
		if err := u.shell(at); err != nil {
			return err
		}
	}
	r, err := c.Rental(ctx, u.run.RentID)
	if err != nil {
		return err
	}
	if r.State == rental.RENTAL_STATE_TRIAL {
		if err := u.decide(ctx, r, asked, wrong); err != nil || !u.begun {
			return err
		}
		if r, err = c.Rental(ctx, u.run.RentID); err != nil {
			return err
		}
	}
	reply, err := u.reply(r, task)
	if err != nil {
		return err
	}
	err = u.s.show(u.cmd, reply, func(w io.Writer) { u.write(w, reply) })
	if wrong {
		return errors.Join(err, fmt.Errorf("%w: dbc vm verify %s shows how, dbc cancel %d --cause mismatch ends the trial", errMismatch, u.name, r.Id))
	}
	return err
}

func (u *up) write(w io.Writer, r upReply) {
	if r.ConfirmBy != nil {
		row(w, "On trial until:", clock(*r.ConfirmBy)+left(*r.ConfirmBy)+fmt.Sprintf("; dbc confirm %d keeps it, dbc down %s takes the rent back", r.RentID, u.name))
	}
	row(w, "Ends:", clock(r.Until))
	row(w, "Next:", "dbc ssh "+u.name)
}

// shell is over when the user leaves the guest; with what exit code does not matter.
func (u *up) shell(at found) error {
	err := logIn(u.s, u.cmd, sshOrder{machineID: at.id, taskID: at.thing})
	exit := new(exec.ExitError)
	if errors.As(err, &exit) && exit.ExitCode() != sshFailed {
		return nil
	}
	return err
}

// sshFailed is the exit code of ssh for its own errors.
const sshFailed = 255

// decide confirms or cancels the trial as the user says, or leaves it.
func (u *up) decide(ctx context.Context, r rental.Rental, asked, wrong bool) error {
	compared := u.run.Verified == string(probe.Pass) || u.run.Verified == string(probe.Warn) || !u.f.verify
	switch {
	case u.f.confirm && wrong:
		return nil // the error says so
	case u.f.confirm && !compared:
		fmt.Fprintf(u.cmd.ErrOrStderr(), "dbc: not confirmed: not all that counts could be compared; dbc vm verify %s tries again, dbc confirm %d confirms all the same\n", u.name, r.Id)
		return nil
	case u.f.confirm:
		return u.confirmIt(ctx, r)
	case !asked:
		return nil
	}
	fmt.Fprintf(u.cmd.ErrOrStderr(), "Rental %d is on trial until %s%s. confirm keeps it until %s, and %s can no longer be taken back; cancel ends it, and that comes back; "+
		"leave decides nothing yet, and at the deadline it comes back. [confirm/cancel/LEAVE] ", r.Id, clock(r.Deadline), left(r.Deadline), clock(r.End), client.FormatDBC(r.Paid))
	file, _ := atTerminal(u.cmd)
	answer, err := readAnswer(file)
	if err != nil {
		return err
	}
	switch answer {
	case "confirm":
		return u.confirmIt(ctx, r)
	case "cancel":
		cause := rental.CAUSE_CHANGED_MIND
		if wrong {
			cause = rental.CAUSE_MISMATCH
		}
		done, err := u.cancelAs(ctx, cause)
		if err != nil {
			return err
		}
		u.say("Cancelled:", fmt.Sprintf("%s came back; fee: %s", client.FormatDBC(done.Refunded), feeText(done)))
		return u.forget()
	}
	return nil
}

func (u *up) confirmIt(ctx context.Context, r rental.Rental) error {
	return signing(ctx, u.s, u.cmd, func(_ *chain.Client, renter market.Renter) error {
		tx, err := renter.Confirm(ctx, r.Id)
		if err != nil {
			return err
		}
		u.run.Gas += tx.Fee
		u.say("Confirmed:", fmt.Sprintf("rental %d in block %d, until %s", r.Id, tx.Height, clock(r.End)))
		return u.keep()
	})
}

// refreshSSH writes ssh's configuration anew if the user has one of dbc's.
func refreshSSH(s *settings, cmd *cobra.Command) {
	files, err := newSSHFiles("")
	if err != nil {
		return
	}
	if _, err := os.Stat(files.Config); err != nil || s.dryRun {
		return
	}
	hosts, _, err := findHosts(s, cmd)
	if err == nil {
		err = checkOwner(s, files)
	}
	if err == nil {
		err = writeSSH(s, hosts, files)
	}
	if err != nil {
		fmt.Fprintf(s.errOut, "dbc: ssh's configuration is as before; dbc ssh-config writes it: %s\n", shorten(err.Error()))
	}
}
