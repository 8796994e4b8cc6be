package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/named"
	"github.com/dbc-network/dbc/client/profile"
	"github.com/dbc-network/dbc/durable"
)

// sshSuffix keeps the names of virtual machines apart from those of other hosts in a
// configuration of ssh.
const sshSuffix = ".dbc"

// sshHost is a virtual machine as ssh's configuration has it.
type sshHost struct {
	Name      string   `json:"name,omitempty"`
	TaskID    string   `json:"task_id"`
	MachineID string   `json:"machine_id"`
	RentID    uint64   `json:"rent_id"`
	Status    string   `json:"status"`
	User      string   `json:"user"`
	Host      string   `json:"host"`
	Port      uint16   `json:"port"`
	HostKeys  []string `json:"host_keys"`
}

// names are what ssh finds it by, the first one first.
func (h sshHost) names() []string {
	if h.Name == "" {
		return []string{h.TaskID + sshSuffix}
	}
	return []string{h.Name + sshSuffix, h.TaskID + sshSuffix}
}

// target is what finds it at each dial.
func (h sshHost) target() string { return strings.TrimSuffix(h.names()[0], sshSuffix) }

// login parses the host again: the list was read from a file.
func (h sshHost) login() (client.Login, error) {
	return client.NewLogin(api.Task{
		TaskSummary: api.TaskSummary{TaskID: h.TaskID}, SSHIP: h.Host, SSHPort: fmt.Sprint(h.Port), UserName: h.User, SSHHostKeys: h.HostKeys,
	})
}

// newSSHHost returns the host of a virtual machine if all of it is in order.
func newSSHHost(machineID, name string, task api.Task) (sshHost, error) {
	login, err := client.NewLogin(task)
	if err != nil {
		return sshHost{}, err
	}
	return sshHost{
		Name: name, TaskID: login.TaskID, MachineID: machineID, RentID: rentIDOf(task.RentOrder), Status: task.Status,
		User: login.User, Host: login.Addr.String(), Port: login.Port, HostKeys: task.SSHHostKeys,
	}, nil
}

// findHosts asks all machines for the virtual machines that one can log in to. Those
// of a machine that does not answer are what was known of it before.
func findHosts(s *settings, cmd *cobra.Command) (hosts []sshHost, lost []unanswered, err error) {
	parts, lost, err := gather(s, cmd, "", func(ctx context.Context, n *client.Node) ([]api.Task, error) { return loginTasks(ctx, n) })
	if errors.Is(err, errNoRental) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	book, err := s.book()
	if err != nil {
		return nil, nil, err
	}
	for _, p := range parts {
		for _, task := range p.rows {
			h, err := newSSHHost(p.machineID, nameOf(s, book, p.machineID, task.TaskID), task)
			if err != nil {
				fmt.Fprintln(s.errOut, "dbc: left out:", err)
				continue
			}
			hosts = append(hosts, h)
		}
	}
	known, err := knownHosts(s)
	if err != nil {
		return nil, nil, err
	}
	for _, h := range known {
		if slices.ContainsFunc(lost, func(u unanswered) bool { return u.MachineID == h.MachineID }) {
			h.Name = nameOf(s, book, h.MachineID, h.TaskID) // it may have moved since
			hosts = append(hosts, h)
		}
	}
	hosts = distinct(s, book, hosts)
	slices.SortFunc(hosts, func(a, b sshHost) int { return strings.Compare(a.target(), b.target()) })
	return hosts, lost, nil
}

// nameOf returns the user's name for a virtual machine of that machine, or "". With
// --session names are not looked up, so that ssh-proxy would not find them.
func nameOf(s *settings, book named.Book, machineID, taskID string) string {
	name := book.Of(taskID)
	if v, err := book.Get(name); s.session != "" || err != nil || v.MachineID != machineID {
		return ""
	}
	return name
}

// distinct leaves out what would have its host keys accepted for another: an id is what
// its machine says, which may be the user's name or another machine's id. ssh compares
// the names of pinned keys without regard to case.
func distinct(s *settings, book named.Book, hosts []sshHost) []sshHost {
	ids, owned := map[string]int{}, map[string]string{}
	for _, h := range hosts {
		id := strings.ToLower(h.TaskID)
		if ids[id]++; h.Name != "" {
			owned[id] = h.MachineID + h.TaskID
		}
	}
	return slices.DeleteFunc(hosts, func(h sshHost) bool {
		id := strings.ToLower(h.TaskID)
		if owner, has := owned[id]; has && owner == h.MachineID+h.TaskID || !has && ids[id] == 1 {
			if _, err := book.Get(id); !errors.Is(err, named.ErrNone) && named.Check(id) == nil {
				fmt.Fprintf(s.errOut, "dbc: left out: machine %s lists a virtual machine whose id %s is a name of yours: dbc vm name gives yours another\n", h.MachineID, h.TaskID)
				return true
			}
			return false
		}
		fmt.Fprintf(s.errOut, "dbc: left out: machine %s lists the id %s, as another does: dbc vm name %s NAME --machine says which is yours\n", h.MachineID, h.TaskID, h.TaskID)
		return true
	})
}

// loginTasks returns the virtual machines of a machine that have a login.
func loginTasks(ctx context.Context, n *client.Node) (tasks []api.Task, err error) {
	list, err := n.Tasks(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		if t.KeptUntil != "" || t.Status == client.StatusDeleting || t.Status == client.StatusFailed {
			continue
		}
		task, err := n.Task(ctx, t.TaskID)
		if err != nil {
			return nil, err
		}
		if task.SSHIP != "" {
			tasks = append(tasks, task)
		}
	}
	return tasks, nil
}

// hostsFile is the list from which the configuration was written last.
func hostsFile(s *settings) (string, error) {
	home, err := s.homeDir()
	if err != nil {
		return "", err
	}
	if _, err := s.book(); err != nil { // checks the chain's id, which becomes a file's name
		return "", err
	}
	return filepath.Join(home, "ssh", s.chainID+".json"), nil
}

func knownHosts(s *settings) (hosts []sshHost, err error) {
	path, err := hostsFile(s)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the hosts of ssh: %w", err)
	}
	if json.Unmarshal(text, &hosts) != nil {
		return nil, nil //nolint:nilerr // it is only a memory, and is written anew
	}
	return hosts, nil
}

// sshFiles are where ssh's configuration of virtual machines is.
type sshFiles struct {
	Config string `json:"config"`
	Known  string `json:"known_hosts"`
}

func newSSHFiles(config string) (sshFiles, error) {
	if config == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return sshFiles{}, usagef("--file is needed: %w", err)
		}
		config = filepath.Join(home, ".ssh", "dbc.conf")
	}
	config, err := filepath.Abs(belowHome(config))
	if err != nil {
		return sshFiles{}, fmt.Errorf("find --file: %w", err)
	}
	return sshFiles{config, strings.TrimSuffix(config, ".conf") + ".known_hosts"}, nil
}

// sshTexts returns the contents of both files.
func sshTexts(s *settings, hosts []sshHost, files sshFiles) (config, known string, err error) {
	home, err := s.homeDir()
	if err != nil {
		return "", "", err
	}
	proxy, err := proxyWords(s, home)
	if err != nil {
		return "", "", err
	}
	config = "# Written by dbc ssh-config, which writes all of it anew.\n" + sshOwner(s, home) + "\n"
	for _, h := range hosts {
		login, err := h.login()
		if err != nil {
			return "", "", err
		}
		dial := slices.Clone(proxy)
		if h.Name == "" { // what has a name may be on another machine by then
			dial = append(dial, "--machine", h.MachineID)
		}
		block, keys, err := login.ConfigEntry(client.Entry{
			Names: h.names(), Known: files.Known, Identities: identities(home, h.TaskID), Proxy: append(dial, "--", h.target()),
		})
		if err != nil {
			return "", "", err
		}
		config, known = config+"\n"+block, known+keys
	}
	return config, known, nil
}

// sshOwner is the line that says whose virtual machines a configuration has.
func sshOwner(s *settings, home string) string {
	who := s.session
	if whole, err := filepath.Abs(who); who != "" && err == nil {
		who = whole
	} else if s.own != nil {
		who = s.own.Address()
	}
	return fmt.Sprintf("# Of chain %s, %q, in %q", s.chainID, who, home)
}

// checkOwner refuses a configuration of another wallet, chain or home, which only dbc
// ssh-config itself replaces: names in it lead elsewhere.
func checkOwner(s *settings, files sshFiles) error {
	home, err := s.homeDir()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(files.Config)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read ssh's configuration: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "# Of chain ") && line != sshOwner(s, home) {
			return usagef("%s has the virtual machines of %s: choose another with --file, or write it anew with dbc ssh-config", files.Config, strings.TrimPrefix(line, "# Of "))
		}
	}
	return nil
}

// proxyWords are the command that connects ssh, with what this one was told. No profile
// counts there: one that is chosen later, or of that home, would be of another network.
func proxyWords(s *settings, home string) ([]string, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	words := []string{program, "ssh-proxy", "--home", home, "--profile", profile.None}
	if s.session != "" {
		path, err := filepath.Abs(s.session)
		if err != nil {
			return nil, fmt.Errorf("find --session: %w", err)
		}
		words = append(words, "--session", path)
	} else if s.own != nil {
		words = append(words, "--wallet", s.own.Address())
	}
	for _, flag := range []struct{ name, value string }{{"--node", s.node}, {"--grpc", s.told.grpc}, {"--rpc", s.told.rpc}, {"--chain-id", s.told.chainID}} {
		if flag.value != "" {
			words = append(words, flag.name, flag.value)
		}
	}
	return words, nil
}

// writeSSH writes both files, the pinned keys first: a configuration without them
// lets ssh into nothing.
func writeSSH(s *settings, hosts []sshHost, files sshFiles) error {
	config, known, err := sshTexts(s, hosts, files)
	if err != nil {
		return err
	}
	list, err := json.Marshal(hosts)
	if err != nil {
		return fmt.Errorf("encode the hosts of ssh: %w", err)
	}
	memory, err := hostsFile(s)
	if err != nil {
		return err
	}
	for _, f := range []struct{ path, text string }{{memory, string(list)}, {files.Known, known}, {files.Config, config}} {
		if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
			return fmt.Errorf("write ssh's configuration: %w", err)
		}
		if err := durable.WriteFile(f.path, []byte(f.text), 0o600); err != nil {
			return fmt.Errorf("write ssh's configuration: %w", err)
		}
	}
	return nil
}
