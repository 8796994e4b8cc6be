package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
)

// hostVars are a virtual machine's variables for Ansible, which runs templates in
// them: nothing here is a host's or a guest's text but what was parsed.
type hostVars struct {
	Host      string   `json:"ansible_host"`
	User      string   `json:"ansible_user"`
	SSHArgs   string   `json:"ansible_ssh_common_args"`
	TaskID    string   `json:"dbc_task_id"`
	MachineID string   `json:"dbc_machine_id"`
	RentID    uint64   `json:"dbc_rent_id"`
	Address   string   `json:"dbc_address"`
	Port      uint16   `json:"dbc_port"`
	HostKeys  []string `json:"dbc_host_key_fingerprints"`
}

// hostGroup is a group of hosts.
type hostGroup struct {
	Hosts []string `json:"hosts"`
}

func newInventoryCommand(s *settings) *cobra.Command {
	var (
		list bool
		host string
		file string
	)
	cmd := &cobra.Command{
		Use:   "inventory",
		Short: "Print your running virtual machines as an inventory for Ansible",
		Long: "It prints the JSON of Ansible's inventory scripts: the group dbc, and rental_N for each rental. The hosts are those of\n" +
			"dbc ssh-config, whose file it writes, so that host keys are pinned and addresses looked for at each dial. Ansible\n" +
			"calls a program of two lines: #!/bin/sh and exec dbc inventory \"$@\".\n" +
			"What this computer offers as a host is another command, dbc host inventory.",
		Example: "  dbc inventory --list\n  dbc inventory --host train.dbc\n  ansible all -i ./dbc-inventory -m ping",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if list == (host != "") {
				return usagef("--list, or --host with one of its hosts")
			}
			files, err := newSSHFiles(file)
			if err != nil {
				return err
			}
			return inventory(s, cmd, files, host)
		},
	}
	cmd.Flags().BoolVar(&list, "list", false, "all of them, with their variables")
	cmd.Flags().StringVar(&host, "host", "", "the variables of this one")
	cmd.Flags().StringVar(&file, "file", "", "the file for ssh's configuration, as of dbc ssh-config (default ~/.ssh/dbc.conf)")
	return cmd
}

func inventory(s *settings, cmd *cobra.Command, files sshFiles, host string) error {
	hosts, lost, err := findHosts(s, cmd)
	if err != nil {
		return err
	}
	if err := checkOwner(s, files); err != nil {
		return err
	}
	if err := writeSSH(s, hosts, files); err != nil {
		return err
	}
	all := map[string]hostVars{}
	groups := map[string]hostGroup{"dbc": {Hosts: []string{}}}
	for _, h := range hosts {
		if h.Status != client.StatusRunning {
			continue
		}
		vars, err := newHostVars(h, files)
		if err != nil {
			return err
		}
		name := h.names()[0]
		all[name] = vars
		for _, group := range []string{"dbc", "rental_" + strconv.FormatUint(h.RentID, 10)} {
			groups[group] = hostGroup{append(groups[group].Hosts, name)}
		}
	}
	for _, u := range lost {
		fmt.Fprintf(cmd.ErrOrStderr(), "dbc: no answer of machine %s: %s\n", u.MachineID, client.Printable(strings.Join(strings.Fields(u.Reason), " ")))
	}
	if host != "" {
		vars, ok := all[host]
		if !ok {
			return fmt.Errorf("no such host is %w: dbc inventory --list shows them", errNotThere)
		}
		return printJSON(cmd.OutOrStdout(), vars)
	}
	tree := map[string]any{"_meta": map[string]any{"hostvars": all}}
	for name, group := range groups {
		tree[name] = group
	}
	return errors.Join(printJSON(cmd.OutOrStdout(), tree), ended(lost, len(lost)+1))
}

func newHostVars(h sshHost, files sshFiles) (hostVars, error) {
	login, err := h.login()
	if err != nil {
		return hostVars{}, err
	}
	return hostVars{
		Host: h.TaskID + sshSuffix, User: login.User, SSHArgs: client.ShellWords([]string{"-F", files.Config}), TaskID: login.TaskID, MachineID: h.MachineID,
		RentID: h.RentID, Address: login.Addr.String(), Port: login.Port, HostKeys: login.Fingerprints(),
	}, nil
}

// printJSON prints a document that is JSON with and without --json.
func printJSON(out io.Writer, v any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}
