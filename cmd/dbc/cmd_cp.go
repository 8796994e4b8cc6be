package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/terminal"
)

func newCopyCommand(s *settings) *cobra.Command {
	var (
		o         sshOrder
		recursive bool
	)
	cmd := &cobra.Command{
		Use:   "cp SOURCE... TARGET",
		Short: "Copy files to or from a virtual machine, with its host key pinned",
		Long: "A path in a virtual machine is TASK_ID:PATH, with its name or the beginning of its id; :PATH is in your only one.\n" +
			"PATH is below the user's home unless it begins with a slash, and no shell reads it; * and ? match names. A path of\n" +
			"this computer that has a colon begins with ./ or /. The files go by SFTP, with scp of OpenSSH 8.7 or later,\n" +
			"to the published port or, as with dbc ssh, through the nodes.",
		Example:     "  dbc cp model.py train:\n  dbc cp -r train:results .\n  dbc cp :/var/log/syslog /tmp",
		Args:        cobra.MinimumNArgs(2),
		Annotations: map[string]string{staying: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, word, err := parseCopy(args)
			if err != nil {
				return err
			}
			o.taskID = word
			return copyFiles(s, cmd, o, recursive, paths)
		},
	}
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "copy folders with what is in them")
	cmd.Flags().StringArrayVarP(&o.how.Identities, "identity", "i", nil, "file of the private key (default as dbc ssh); can be repeated")
	cmd.Flags().BoolVar(&o.through, "through", false, "go through the nodes, not to the published port")
	machineFlag(cmd, &o.machineID)
	return cmd
}

// copyPath is a path here, or in the guest.
type copyPath struct {
	guest bool
	path  string
}

// parseCopy returns the paths, and the word for the one virtual machine in them.
func parseCopy(args []string) (paths []copyPath, word string, err error) {
	guests := 0
	for _, arg := range args {
		before, path, colon := strings.Cut(arg, ":")
		if !colon || strings.Contains(before, "/") {
			here, err := pathHere(arg)
			if err != nil {
				return nil, "", err
			}
			paths = append(paths, copyPath{path: here})
			continue
		}
		if before != "" && client.CheckTaskID(before) != nil {
			return nil, "", usagef("%q: before the colon a name or an id of a virtual machine is wanted; a path of this computer begins with ./ or /", arg)
		}
		if guests++; guests > 1 && before != word {
			return nil, "", usagef("%q and %q: one virtual machine at a time", word+":", before+":")
		}
		word = before
		paths = append(paths, copyPath{guest: true, path: path})
	}
	to := paths[len(paths)-1].guest
	switch {
	case guests == 0:
		return nil, "", usagef("no path is in a virtual machine: TASK_ID:PATH wanted for the sources, or for the target")
	case to && guests > 1, !to && guests != len(paths)-1:
		return nil, "", usagef("the sources are all here or all in the virtual machine, and the target is on the other side")
	}
	return paths, word, nil
}

// pathHere returns a path that scp takes for one of this computer, and for no option.
func pathHere(path string) (string, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", path, err)
	}
	if strings.HasSuffix(path, string(filepath.Separator)) { // it has to be a folder
		whole = strings.TrimSuffix(whole, "/") + "/"
	}
	return whole, nil
}

func copyFiles(s *settings, cmd *cobra.Command, o sshOrder, recursive bool, paths []copyPath) error {
	program, err := exec.LookPath("scp")
	if err != nil {
		return errors.New("scp is not installed: apt-get install openssh-client")
	}
	if o.how.Identities, err = identityFiles(o.how.Identities); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), s.timeout)
	task, on, err := findTask(ctx, s, cmd, o.machineID, o.taskID)
	cancel()
	if err != nil {
		return err
	}
	login, end, err := reachGuest(s, cmd, task, on, o.through)
	if err != nil {
		return err
	}
	defer end()
	if _, err := prepareSSH(cmd.Context(), s, login, &o.how); err != nil {
		return err
	}
	words := make([]string, len(paths))
	for i, p := range paths {
		if words[i] = p.path; p.guest {
			words[i] = login.GuestPath(p.path)
		}
	}
	argv, remove, err := login.Copy(o.how, recursive, words)
	if err != nil {
		return err
	}
	defer remove()
	child := exec.CommandContext(cmd.Context(), program, argv...)
	child.Stdin, child.Stdout, child.Stderr = cmd.InOrStdin(), terminal.Raw(cmd.OutOrStdout()), terminal.Raw(cmd.ErrOrStderr())
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	if err := child.Run(); err != nil {
		return &sshError{fmt.Errorf("scp: %w", err)}
	}
	return nil
}
