package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/verify"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

var (
	// errMismatch means that the VM does not have what was promised.
	errMismatch = errors.New("the virtual machine is not as listed")
	// errUnverified means that something basic could not be compared.
	errUnverified = errors.New("not all that counts could be compared")
)

func newVMVerifyCommand(s *settings) *cobra.Command {
	var (
		how       client.SSH
		machineID string
		through   bool
		gpus      uint16
	)
	cmd := &cobra.Command{
		Use:   "verify [TASK_ID]",
		Short: "Compare what a virtual machine has with the listing, before you confirm",
		Long: "Compares the chain's listing, the inventory that the machine signed and its answer about the virtual machine\n" +
			"with what the guest's kernel sees: cards by their PCI ids, their memory regions, processors, memory and disks.\n" +
			"The guest needs nothing for it but a shell. Where nvidia-smi or rocm-smi is there, names, ids and memory of the\n" +
			"cards are compared too; what was not measured is said. The login is that of dbc ssh, with the host key pinned.\n" +
			"Who controls the computer can make a guest see what is not there: time what you need it for, too.\n" +
			"The cards of all of the rental's slots must be there; --gpus says how many where you made it with fewer.\n" +
			"Exit code 0 if all is as promised, 1 if something is not, 6 if something that counts could not be compared.",
		Example: "  dbc vm verify\n  dbc vm verify TASK_ID -i ~/.ssh/id_ed25519\n  dbc vm verify TASK_ID --gpus 1 --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var made *int
			if cmd.Flags().Changed("gpus") {
				n := int(gpus)
				made = &n
			}
			return verifyVM(s, cmd, sshOrder{machineID: machineID, taskID: first(args), through: through, how: how}, made)
		},
	}
	cmd.Flags().StringArrayVarP(&how.Identities, "identity", "i", nil, "file of the private key (default as dbc ssh); can be repeated")
	cmd.Flags().BoolVar(&through, "through", false, "go through the nodes, not to the published port")
	cmd.Flags().Uint16Var(&gpus, "gpus", 0, "how many GPUs you made it with, as with dbc vm create --gpus (default those of all of the rental's slots)")
	machineFlag(cmd, &machineID)
	return cmd
}

// verifyReply is what verify.VM found, and what to do about it.
type verifyReply struct {
	verify.Verified
	Advice *advice `json:"advice,omitempty"`
}

// verifyVM compares a VM that was made with so many GPUs, nil for all.
func verifyVM(s *settings, cmd *cobra.Command, o sshOrder, gpus *int) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), s.timeout)
	defer cancel()
	var err error
	if o.how.Identities, err = identityFiles(o.how.Identities); err != nil {
		return err
	}
	at, err := locate(ctx, s, cmd, o.machineID, o.taskID, virtualMachine)
	if err != nil {
		return err
	}
	task, err := at.node.Task(ctx, at.thing)
	if err != nil {
		return fmt.Errorf("virtual machine %s: %w", at.thing, err)
	}
	if task.Status != client.StatusRunning {
		return fmt.Errorf("virtual machine %s is %q: it can be verified when it is running", client.Printable(task.TaskID), client.Printable(task.Status))
	}
	reply, err := lookInto(s, cmd, at, task, o, gpus)
	if err != nil {
		return err
	}
	if err := s.show(cmd, reply, func(w io.Writer) { verifyText(w, reply, verifyLanguage(s.language)) }); err != nil {
		return err
	}
	switch reply.Level {
	case probe.Fail:
		return errMismatch
	case probe.Unmeasured:
		return errUnverified
	}
	return nil
}

// lookInto compares a running virtual machine with its promise.
func lookInto(s *settings, cmd *cobra.Command, at found, task api.Task, o sshOrder, gpus *int) (verifyReply, error) {
	login, err := client.NewLogin(task)
	if err != nil {
		return verifyReply{}, err
	}
	c, err := s.dial(cmd.Context())
	if err != nil {
		return verifyReply{}, err
	}
	wait := newWaiting(s, cmd)
	defer wait.end()
	wait.say("looking into the virtual machine")
	done, err := verify.VM(cmd.Context(), verify.Order{
		ChainID: s.chainID, MachineID: at.id, Renter: at.node.Wallet(), TaskID: at.thing, GPUs: gpus, Task: task, Chain: c, On: at.node,
		Shell: &guestShell{s, cmd, at.node, login, o},
	})
	return verifyReply{done, adviceFor(done)}, err
}

// guestShell logs in as dbc ssh does.
type guestShell struct {
	s     *settings
	cmd   *cobra.Command
	on    *client.Node
	login client.Login
	order sshOrder
}

// Run waits for the guest to accept connections, and goes through the nodes if its
// published port does not respond.
func (g *guestShell) Run(ctx context.Context, script []byte, limit int) ([]byte, error) {
	login, how := g.login, g.order.how
	path, err := prepareSSH(ctx, g.s, login, &how)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", probe.ErrHere, err)
	}
	through, err := sshWay(g.s, g.cmd, g.on, g.login, g.order.through)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", probe.ErrLogin, err)
	}
	if through {
		end, err := openTunnel(g.s, g.cmd, g.on, &login)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", probe.ErrHere, err)
		}
		defer end()
	}
	return verify.SSH{Path: path, Login: login, How: how}.Run(ctx, script, limit)
}

// adviceCode says what a renter on trial should do.
type adviceCode string

const (
	adviceConfirm adviceCode = "CONFIRM"
	// adviceLook: something should be looked at, and the decision is the renter's.
	adviceLook   adviceCode = "LOOK"
	adviceCancel adviceCode = "CANCEL"
	// adviceAgain: it could not be verified.
	adviceAgain adviceCode = "VERIFY_AGAIN"
)

// advice is given while a trial can be confirmed or cancelled.
type advice struct {
	Code adviceCode `json:"code"`
	// Deadline is the trial's.
	Deadline time.Time `json:"deadline"`
	// Commands are what can be done, the advised one first.
	Commands []string `json:"commands"`
}

func adviceFor(v verify.Verified) *advice {
	if v.Rental.State != xrental.RENTAL_STATE_TRIAL {
		return nil
	}
	confirm, again := fmt.Sprintf("dbc confirm %d", v.RentID), "dbc vm verify "+v.TaskID
	cancel := fmt.Sprintf("dbc cancel %d", v.RentID)
	mismatch := fmt.Sprintf("%s --cause %s", cancel, rental.CauseMismatch)
	a := &advice{Deadline: v.Rental.Deadline}
	switch v.Level {
	case probe.Pass:
		a.Code, a.Commands = adviceConfirm, []string{confirm}
	case probe.Warn:
		a.Code, a.Commands = adviceLook, []string{confirm, mismatch}
	case probe.Fail:
		a.Code, a.Commands = adviceCancel, []string{mismatch}
	default:
		// Without a reading nothing is known against the machine: dbc cancel asks it.
		a.Code, a.Commands = adviceAgain, []string{again, cancel}
	}
	return a
}
