package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/rental"
)

func newVMShowCommand(s *settings) *cobra.Command {
	var machineID string
	cmd := &cobra.Command{
		Use:     "show [TASK_ID]",
		Short:   "Show a virtual machine and how to log in",
		Example: "  dbc vm show\n  dbc vm show TASK_ID",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			task, _, err := findTask(cmd.Context(), s, cmd, machineID, first(args))
			if err != nil {
				return err
			}
			return s.show(cmd, viewVM(task), func(w io.Writer) {
				writeTask(w, task)
				if by := confirmBy(cmd.Context(), s, task); by != "" && task.Status != client.StatusFailed {
					row(w, "Confirm by:", by)
				}
			})
		},
	}
	machineFlag(cmd, &machineID)
	return cmd
}

// confirmBy is the deadline of a VM's rental while it is on trial. It is
// optional: a session's holder may not reach the chain, and gets none then.
func confirmBy(ctx context.Context, s *settings, task api.Task) string {
	id, err := parseRentID(task.RentOrder)
	if err != nil {
		return ""
	}
	c, err := s.dial(ctx)
	if err != nil {
		return ""
	}
	r, err := c.Rental(ctx, id)
	if err != nil || r.State != rental.RENTAL_STATE_TRIAL {
		return ""
	}
	return fmt.Sprintf("%s%s with dbc confirm %d", clock(r.Deadline), left(r.Deadline), id)
}

func newVMListCommand(s *settings) *cobra.Command {
	var machineID string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List your virtual machines, and disks that are kept after a rental's end",
		Example: "  dbc vm list --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listVMs(s, cmd, machineID)
		},
	}
	machineFlag(cmd, &machineID)
	return cmd
}

// vmList also says which machines did not answer.
type vmList struct {
	Tasks      []vmRow      `json:"tasks"`
	Incomplete []unanswered `json:"incomplete"`
}

type vmRow struct {
	api.TaskSummary
	RentOrder *struct{} `json:"rent_order,omitempty"` // hides the API's name for the rental
	RentID    uint64    `json:"rent_id"`
	MachineID string    `json:"machine_id"`
}

func listVMs(s *settings, cmd *cobra.Command, machineID string) error {
	s.all = true
	parts, lost, err := gather(s, cmd, machineID, func(ctx context.Context, n *client.Node) ([]api.TaskSummary, error) {
		tasks, err := n.Tasks(ctx)
		if refused := new(client.NodeError); machineID == "" && s.session == "" && errors.As(err, &refused) && refused.Code == api.NoRental {
			return nil, nil // it no longer keeps anything
		}
		return tasks, err
	})
	if errors.Is(err, errNoRental) {
		err = nil
	}
	if err != nil {
		return err
	}
	list := vmList{Tasks: []vmRow{}, Incomplete: lost}
	for _, p := range parts {
		for _, t := range p.rows {
			list.Tasks = append(list.Tasks, vmRow{TaskSummary: t, RentID: rentIDOf(t.RentOrder), MachineID: p.machineID})
		}
	}
	return errors.Join(s.show(cmd, list, func(w io.Writer) { writeVMs(w, list) }), ended(lost, len(parts)+len(lost)))
}

func writeVMs(w io.Writer, list vmList) {
	if len(list.Tasks) == 0 && len(list.Incomplete) == 0 {
		fmt.Fprintln(w, "No virtual machine, and no kept disks. dbc rentals shows what you rent, dbc vm create makes one.")
		return
	}
	row(w, "TASK", "STATUS", "RENTAL", "CREATED", "NOTE")
	for _, t := range list.Tasks {
		row(w, client.Printable(t.TaskID), client.Printable(t.Status), client.Printable(t.TaskSummary.RentOrder),
			client.Printable(t.CreateTime), client.Printable(t.Desc))
	}
	for _, t := range list.Tasks {
		if t.KeptUntil != "" {
			fmt.Fprintf(w, "The disks of %s are kept until %s: rent machine %s again, then dbc vm create --restore %s\n",
				client.Printable(t.TaskID), client.Printable(t.KeptUntil), client.Printable(t.MachineID), client.Printable(t.TaskID))
		}
	}
	writeMissing(w, list.Incomplete)
}

func newVMDeleteCommand(s *settings) *cobra.Command {
	var machineID string
	cmd := &cobra.Command{
		Use:     "delete TASK_ID",
		Short:   "Delete a virtual machine with its disk",
		Example: "  dbc vm delete TASK_ID",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var deleted string
			err := onVM(s, cmd, machineID, args[0], func(ctx context.Context, n *client.Node, id string) error {
				deleted = id
				if err := s.sure(cmd, "Virtual machine "+id+" is deleted with all its disks and what is on them; the rental goes on and is paid."); err != nil {
					return err
				}
				if err := n.DeleteTask(ctx, id); err != nil {
					return orUnknown(err, "dbc vm list")
				}
				if home, err := s.homeDir(); err == nil {
					forgetLoginKeys(home, id)
				}
				forgetNames(s, id)
				return nil
			})
			if err != nil {
				return fmt.Errorf("delete virtual machine %s: %w", args[0], err)
			}
			return s.show(cmd, map[string]string{"deleted": deleted}, func(w io.Writer) {
				fmt.Fprintf(w, "%s is being deleted.\n", deleted)
			})
		},
	}
	machineFlag(cmd, &machineID)
	return cmd
}

// wayOut says what to do about a virtual machine that could not be made. At a
// trial's deadline half of the fee would be the host's.
func wayOut(taskID, rentID string) string {
	return fmt.Sprintf("dbc vm delete %s and dbc vm create %s try again; dbc cancel %s --cause not-ready ends a trial, and the host gets nothing of the fee", taskID, rentID, rentID)
}

// writeTask drops control characters: all of it comes from another computer.
func writeTask(w io.Writer, t api.Task) {
	line := func(name, value string) {
		if value != "" {
			row(w, name+":", client.Printable(value))
		}
	}
	line("Task", t.TaskID)
	line("Status", t.Status)
	line("Reason", whyWords(t.Reason))
	line("Rental", t.RentOrder)
	line("Rental ends", t.RentEnd)
	line("Disks kept until", t.KeptUntil)
	line("Image", t.ImageName)
	line("CPUs", t.CPUCores)
	line("Memory", t.MemSize)
	if t.SSHIP != "" {
		line("Login", fmt.Sprintf("%s@%s port %s", t.UserName, t.SSHIP, t.SSHPort))
		line("Login from", strings.Join(t.SSHSources, " "))
		line("Password", t.LoginPassword)
	}
	line("Ports", strings.Join(t.CustomPort, " "))
	line("Host keys", strings.Join(t.SSHHostKeys, "; "))
	for _, warning := range t.Warnings {
		line("Warning", noticed(warning))
	}
	switch t.Status {
	case client.StatusRunning:
		row(w, "Next:", "dbc ssh "+client.Printable(t.TaskID))
	case client.StatusFailed:
		row(w, "Next:", wayOut(client.Printable(t.TaskID), client.Printable(t.RentOrder)))
	}
}
