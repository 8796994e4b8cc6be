package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/durable"
)

// sshConfigReply says what was written.
type sshConfigReply struct {
	sshFiles
	Hosts []sshHost `json:"hosts"`
	// Included reports whether ssh reads the file by itself.
	Included   bool         `json:"included"`
	Incomplete []unanswered `json:"incomplete"`
}

func newSSHConfigCommand(s *settings) *cobra.Command {
	var (
		file  string
		print bool
	)
	cmd := &cobra.Command{
		Use:   "ssh-config",
		Short: "Let ssh, scp, rsync, sftp and editors find your virtual machines by name",
		Long: "It writes a file for ssh's configuration with a host NAME.dbc or TASK_ID.dbc for each virtual machine, and beside it\n" +
			"the host keys that the machines signed, which are the only ones that are accepted. The way to the guest is looked for\n" +
			"at each dial (dbc ssh-proxy), so addresses and ports may change. Names are those of dbc up, dbc vm create --name and\n" +
			"dbc vm name; a host cannot give one. Write it again after you made or deleted a virtual machine.\n" +
			"Your own ~/.ssh/config needs one line, Include; it is added only where you say yes, at the terminal or by --yes.",
		Example: "  dbc ssh-config\n  ssh train.dbc\n  dbc ssh-config --print",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			files, err := newSSHFiles(file)
			if err != nil {
				return err
			}
			hosts, lost, err := findHosts(s, cmd)
			if err != nil {
				return err
			}
			if print {
				return errors.Join(printSSH(s, cmd, hosts, files), ended(lost, len(lost)+1))
			}
			return writeSSHConfig(s, cmd, hosts, lost, files)
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "the file for ssh's configuration (default ~/.ssh/dbc.conf)")
	cmd.Flags().BoolVar(&print, "print", false, "print what would be written, and write nothing")
	return cmd
}

func printSSH(s *settings, cmd *cobra.Command, hosts []sshHost, files sshFiles) error {
	config, known, err := sshTexts(s, hosts, files)
	if err != nil {
		return err
	}
	if s.json {
		return s.show(cmd, map[string]any{"config": config, "known_hosts": known, "hosts": hosts}, nil)
	}
	out := cmd.OutOrStdout() // no table: spaces count
	_, err = fmt.Fprint(out, config)
	for line := range strings.Lines(known) {
		_, lineErr := fmt.Fprintf(out, "# %s: %s", files.Known, line)
		err = errors.Join(err, lineErr)
	}
	return err
}

func writeSSHConfig(s *settings, cmd *cobra.Command, hosts []sshHost, lost []unanswered, files sshFiles) error {
	if s.dryRun {
		return usagef("--dry-run: dbc ssh-config sends nothing, and changes this computer; --print shows what would be written")
	}
	if hosts == nil {
		hosts = []sshHost{}
	}
	if err := writeSSH(s, hosts, files); err != nil {
		return err
	}
	reply := sshConfigReply{sshFiles: files, Hosts: hosts, Incomplete: lost}
	var err error
	if reply.Included, err = include(s, cmd, files.Config); err != nil {
		return err
	}
	err = s.show(cmd, reply, func(w io.Writer) {
		for _, h := range hosts {
			row(w, "ssh "+h.names()[0], h.Status)
		}
		row(w, "Written:", files.Config)
		if !reply.Included {
			row(w, "Next:", "put this line first in ~/.ssh/config: "+includeLine(files.Config))
		}
		writeMissing(w, lost)
	})
	return errors.Join(err, ended(lost, len(lost)+1))
}

func includeLine(file string) string { return `Include "` + file + `"` }

// include makes ssh's own configuration read the file, if the user wants that. It
// reports whether it does.
func include(s *settings, cmd *cobra.Command, file string) (bool, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return false, nil //nolint:nilerr // there is no configuration of one's own
	}
	own := filepath.Join(home, ".ssh", "config")
	text, err := os.ReadFile(own)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("read ssh's configuration: %w", err)
	}
	if includes(text, filepath.Dir(own), file) {
		return true, nil
	}
	if err := s.sure(cmd, fmt.Sprintf("%s gets a first line: %s.", own, includeLine(file))); err != nil {
		return false, nil //nolint:nilerr // not wanted, or nobody to ask: the line is shown instead
	}
	// A link, as of kept dotfiles, stays one.
	if target, err := filepath.EvalSymlinks(own); err == nil {
		own = target
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(own); err == nil {
		mode = info.Mode().Perm()
	}
	if err := durable.WriteFile(own, append([]byte(includeLine(file)+"\n\n"), text...), mode); err != nil {
		return false, fmt.Errorf("write ssh's configuration: %w", err)
	}
	return true, nil
}

// includes reports whether a configuration of ssh in dir reads the file for every
// host, before any option of its own: ssh takes the first value that it reads, so that
// StrictHostKeyChecking or User above an Include hold for virtual machines too.
func includes(config []byte, dir, file string) bool {
	for lines := bufio.NewScanner(bytes.NewReader(config)); lines.Scan(); {
		words := strings.Fields(strings.TrimSpace(lines.Text()))
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if !strings.EqualFold(words[0], "include") {
			return false
		}
		if includesFile(strings.TrimSpace(lines.Text())[len(words[0]):], dir, file) {
			return true
		}
	}
	return false
}

// includesFile reports whether the arguments of an Include match the file.
func includesFile(args, dir, file string) bool {
	patterns := strings.Fields(args)
	if strings.Contains(args, `"`) {
		patterns = strings.Split(args, `"`)
	}
	for _, pattern := range patterns {
		pattern = belowHome(strings.TrimSpace(pattern))
		if pattern == "" {
			continue
		}
		if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(dir, pattern)
		}
		if matches, err := filepath.Match(pattern, file); pattern == file || err == nil && matches {
			return true
		}
	}
	return false
}
