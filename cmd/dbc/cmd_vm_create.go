package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/seed/sshkey"
	"github.com/dbc-network/dbc/x/rental"
)

type createFlags struct {
	restore, image, boot, cpus, memRate, disk, gpus, desc, name string
	keyFiles                                                    []string

	port         uint16
	custom       []string
	sources      []string
	wait, cancel bool
}

func newVMCreateCommand(s *settings) *cobra.Command {
	var f createFlags
	cmd := &cobra.Command{
		Use:   "create [RENT_ID]",
		Short: "Make a virtual machine in a rental",
		Long: "It is waited for until it runs. Where it does not before the deadline of the rental's trial comes near, the trial\n" +
			"is cancelled as not-ready, unless --cancel=false: at the deadline the rent would come back all the same, but half\n" +
			"of the fee would be the host's.",
		Example: "  dbc vm create 7\n" +
			"  dbc vm create 7 --ssh-port 5682 --image ubuntu.qcow2 --cpus 2 --mem-rate 0.5 --ssh-key ~/.ssh/id_ed25519.pub\n" +
			"  dbc vm create 8 --restore 3mJr7AoUXx2Wqd4yHw9kPz",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.restore != "" && f.disk != "" {
				return usagef("--restore and --disk: kept disks come back as they are; dbc disk add and dbc disk resize change them afterwards")
			}
			if f.restore != "" {
				if err := client.CheckTaskID(f.restore); err != nil {
					return usagef("--restore: %w", err)
				}
			}
			keys, files, err := publicKeys(f.keyFiles)
			if err != nil {
				return err
			}
			if f.name != "" {
				if err := checkTarget(cmd.Context(), s, f.name); err != nil {
					return err
				}
			}
			id, err := rentalOf(s, cmd, first(args), "open rental", rental.RENTAL_STATE_TRIAL, rental.RENTAL_STATE_ACTIVE)
			if err != nil {
				return err
			}
			return createVM(s, cmd, id, f, keys, files)
		},
	}
	cmd.Flags().StringVar(&f.image, "image", "", "guest image, one of dbc images MACHINE (default the machine's own choice: Ubuntu where it has it)")
	cmd.Flags().Uint16Var(&f.port, "ssh-port", 0, "port on the machine's address that leads to the guest's ssh (default a free one)")
	cmd.Flags().StringArrayVar(&f.custom, "custom-port", nil, "another port: tcp or udp, the machine's or auto, the guest's, such as tcp,5700:80 or tcp,auto:80, then networks that alone may connect, such as tcp,auto:80,203.0.113.0/24; can be repeated")
	cmd.Flags().StringSliceVar(&f.sources, "ssh-from", nil, "IPv4 networks and addresses that alone may connect to ssh, such as 203.0.113.0/24 (default all)")
	cmd.Flags().StringArrayVar(&f.keyFiles, "ssh-key", nil, "file of public keys that may log in (default that of ~/.ssh); can be repeated")
	cmd.Flags().StringVar(&f.cpus, "cpus", "", "CPU cores (default all of the rental's)")
	cmd.Flags().StringVar(&f.memRate, "mem-rate", "", "part of the rental's memory, such as 0.5 (default all)")
	cmd.Flags().StringVar(&f.disk, "disk", "", "data disk in GiB (default none)")
	cmd.Flags().StringVar(&f.gpus, "gpus", "", "GPUs (default all of the rental's)")
	cmd.Flags().StringVar(&f.restore, "restore", "", "task of an earlier rental of yours whose kept disks the VM gets, instead of --image and --disk")
	cmd.Flags().StringVar(&f.boot, "bios-mode", "", "what the image boots by: legacy, uefi or uefi_secure_boot (default what kept disks boot by, else uefi with cards and legacy without)")
	cmd.Flags().StringVar(&f.desc, "desc", "", "a note to find it again")
	cmd.Flags().StringVar(&f.name, "name", "", "a name for it on this computer, as by dbc vm name")
	cmd.MarkFlagsMutuallyExclusive("restore", "image")
	cmd.Flags().BoolVar(&f.wait, "wait", true, "return when it runs, not when it was accepted")
	cmd.Flags().BoolVar(&f.cancel, "cancel", true, "cancel the trial as not-ready where its deadline comes before the virtual machine is up")
	return cmd
}

// createVM makes a virtual machine that lets keys in, which are of these files.
func createVM(s *settings, cmd *cobra.Command, rentID uint64, f createFlags, keys, files []string) error {
	c, err := s.dial(cmd.Context())
	if err != nil {
		return err
	}
	r, err := c.Rental(cmd.Context(), rentID)
	if err != nil {
		return err
	}
	create := api.Create{
		TaskID: api.NewTaskID(), RentOrder: api.Text(strconv.FormatUint(rentID, 10)), ImageName: f.image, BiosMode: api.BiosMode(f.boot),
		GPUCount: api.Text(f.gpus), CPUCores: api.Text(f.cpus),
		MemRate: api.Text(f.memRate), DiskSize: api.Text(f.disk), CustomPort: f.custom, Desc: f.desc, SSHSources: f.sources,
	}
	if f.port != 0 {
		create.SSHPort = api.Text(strconv.Itoa(int(f.port)))
	}
	if f.restore != "" {
		create.RestoreTaskID, create.ImageName = f.restore, ""
	}
	create.SSHPublicKeys = keys
	wait := newWaiting(s, cmd)
	defer wait.end()
	wait.say("asking the machine")
	var task api.Task
	machines, err := rentedMachines(cmd.Context(), s, cmd, r.MachineId)
	if err != nil {
		return err
	}
	machines[0].node.Seen(market.Seen(r))
	err = func(ctx context.Context, n *client.Node) (err error) {
		if !s.dryRun {
			// First: the virtual machine may be made though no answer comes.
			keepKeys(s, create.TaskID, files)
			if f.name != "" {
				if err := nameVM(s, f.name, r.MachineId, create.TaskID); err != nil {
					return err
				}
			}
		}
		task, err = whenClear(ctx, wait, func(ctx context.Context) (api.Task, error) { return n.CreateTask(ctx, create) })
		if err != nil {
			return notCreated(s, fmt.Errorf("create a virtual machine: %w", err), create)
		}
		if !f.wait {
			return nil
		}
		id := task.TaskID
		up := func(ctx context.Context) (api.Task, error) {
			return n.WaitTask(ctx, id, client.StatusRunning, wait.task)
		}
		if s.session != "" || !f.cancel { // a session's key can't cancel
			task, err = up(ctx)
		} else {
			task, err = inTrial(s, cmd, c, rentID, up).do(ctx)
		}
		if errors.As(err, new(*client.TaskError)) {
			return &goesOn{err, wayOut(id, string(create.RentOrder))}
		}
		return orGoesOn(ctx, err, fmt.Sprintf("The virtual machine goes on being made: dbc vm show %s tells how far it is, dbc vm delete %s ends it.", id, id))
	}(cmd.Context(), machines[0].node)
	if err != nil {
		return err
	}
	wait.end()
	if f.wait && r.State == rental.RENTAL_STATE_TRIAL {
		noteRan(s, r)
	}
	return s.show(cmd, viewVM(task), func(w io.Writer) { writeTask(w, task) })
}

// notCreated returns the error of a create, with what to do where it is not known
// whether the machine made the virtual machine. A refused one needs no keys.
func notCreated(s *settings, err error, create api.Create) error {
	if client.MayHaveHappened(err) {
		return &unknownEnd{err, "dbc vm show " + create.TaskID, "dbc vm create " + string(create.RentOrder)}
	}
	if home, homeErr := s.homeDir(); homeErr == nil {
		forgetLoginKeys(home, create.TaskID)
	}
	forgetNames(s, create.TaskID)
	return err
}

// noteRan lets dbc cancel know that the virtual machine ran, also once it is
// deleted.
func noteRan(s *settings, r rental.Rental) {
	home, err := s.homeDir()
	if err == nil {
		err = keepRan(home, r)
	}
	if err != nil {
		fmt.Fprintf(s.errOut, "dbc: that the virtual machine ran was not written down; once it is deleted, dbc cancel %d needs --cause: %v\n", r.Id, err)
	}
}

// keepKeys lets dbc ssh find the keys again. Errors are only reported: -i names a key
// as well.
func keepKeys(s *settings, taskID string, files []string) {
	home, err := s.homeDir()
	if err == nil {
		err = keepLoginKeys(home, taskID, files)
	}
	if err != nil {
		fmt.Fprintf(s.errOut, "dbc: which key logs in was not written down, dbc ssh needs -i: %v\n", err)
	}
}

// defaultKeys are the public halves of those that ssh offers by itself, in its order
// but for RSA's, which is the oldest.
var defaultKeys = []string{"id_ed25519.pub", "id_ecdsa.pub", "id_ed25519_sk.pub", "id_ecdsa_sk.pub", "id_rsa.pub"}

// publicKeys returns those of some files; without files the user's own, and
// none if there are none: the node then makes a password.
func publicKeys(paths []string) (keys, files []string, err error) {
	for _, path := range paths {
		path = belowHome(path)
		more, err := readPublicKeys(path)
		if err != nil {
			return nil, nil, err
		}
		keys, files = append(keys, more...), append(files, path)
	}
	if len(keys) > sshkey.MaxKeys {
		return nil, nil, usagef("--ssh-key names %d keys; a VM takes at most %d", len(keys), sshkey.MaxKeys)
	}
	home, err := os.UserHomeDir()
	if len(paths) > 0 || err != nil {
		return keys, files, nil //nolint:nilerr // no home, no key of one's own
	}
	for _, name := range defaultKeys {
		file := filepath.Join(home, ".ssh", name)
		keys, err := readPublicKeys(file)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return keys, []string{file}, err
		}
	}
	return nil, nil, nil
}

// belowHome expands a leading ~/, which a shell leaves in --flag=~/file.
func belowHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~/")
	home, err := os.UserHomeDir()
	if !ok || err != nil {
		return path
	}
	return filepath.Join(home, rest)
}

func readPublicKeys(path string) ([]string, error) {
	if _, err := sshkey.Parse(path); err == nil {
		return nil, usagef("--ssh-key wants the file of a key, not the key itself")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, usagef("--ssh-key: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, sshkey.MaxFile+1))
	if errors.Is(err, syscall.EISDIR) {
		return nil, usagef("--ssh-key: %s is a folder; give one of its files that end in .pub", path)
	}
	if err != nil {
		return nil, fmt.Errorf("read ssh key: %w", err)
	}
	keys, err := sshkey.ReadFile(text)
	if err != nil {
		return nil, usagef("%s: %v", path, err)
	}
	return keys, nil
}
