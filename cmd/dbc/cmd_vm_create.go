package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/seed/sshkey"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

type createFlags struct {
	restore, image, boot, cpus, memRate, disk, gpus, desc string
	keyFiles                                              []string

	port         uint16
	custom       []string
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
			"  dbc vm create 7 --ssh-port 5682 --image tiny.qcow2 --cpus 2 --mem-rate 0.5 --ssh-key ~/.ssh/id_ed25519.pub\n" +
			"  dbc vm create 8 --restore 3mJr7AoUXx2Wqd4yHw9kPz",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.restore != "" && f.disk != "" {
				return usagef("--restore and --disk: kept disks come back as they are; dbc disk add and dbc disk resize change them afterwards")
			}
			id, err := s.rentalID(cmd, first(args), "open rental", rental.RENTAL_STATE_TRIAL, rental.RENTAL_STATE_ACTIVE)
			if err != nil {
				return err
			}
			return s.createVM(cmd, id, f)
		},
	}
	cmd.Flags().StringVar(&f.image, "image", "tiny.qcow2", "guest image")
	cmd.Flags().Uint16Var(&f.port, "ssh-port", 0, "port on the machine's address that leads to the guest's ssh (default a free one)")
	cmd.Flags().StringArrayVar(&f.custom, "custom-port", nil, "another port: tcp or udp, the machine's, the guest's, such as tcp,5700:80; can be repeated")
	cmd.Flags().StringArrayVar(&f.keyFiles, "ssh-key", nil, "file of public keys that may log in (default that of ~/.ssh); can be repeated")
	cmd.Flags().StringVar(&f.cpus, "cpus", "", "CPU cores (default all of the rental's)")
	cmd.Flags().StringVar(&f.memRate, "mem-rate", "", "part of the rental's memory, such as 0.5 (default all)")
	cmd.Flags().StringVar(&f.disk, "disk", "", "data disk in GiB (default none)")
	cmd.Flags().StringVar(&f.gpus, "gpus", "", "GPUs (default all of the rental's)")
	cmd.Flags().StringVar(&f.restore, "restore", "", "task of an earlier rental of yours whose kept disks the VM gets, instead of --image and --disk")
	cmd.Flags().StringVar(&f.boot, "bios-mode", "", "what the image boots by: legacy or uefi (default legacy, or what kept disks boot by)")
	cmd.Flags().StringVar(&f.desc, "desc", "", "a note to find it again")
	cmd.MarkFlagsMutuallyExclusive("restore", "image")
	cmd.Flags().BoolVar(&f.wait, "wait", true, "return when it runs, not when it was accepted")
	cmd.Flags().BoolVar(&f.cancel, "cancel", true, "cancel the trial as not-ready where its deadline comes before the virtual machine is up")
	return cmd
}

func (s *settings) createVM(cmd *cobra.Command, rentID uint64, f createFlags) error {
	keys, files, err := publicKeys(f.keyFiles)
	if err != nil {
		return err
	}
	c, err := s.dial(cmd.Context())
	if err != nil {
		return err
	}
	r, err := c.Rental(cmd.Context(), rentID)
	if err != nil {
		return err
	}
	listing, err := c.Machine(cmd.Context(), r.MachineId)
	if err != nil {
		return err
	}
	create := api.Create{
		RentOrder: api.Text(strconv.FormatUint(rentID, 10)), ImageName: f.image, BiosMode: f.boot,
		GPUCount: api.Text(f.gpus), CPUCores: api.Text(f.cpus),
		MemRate: api.Text(f.memRate), DiskSize: api.Text(f.disk), CustomPort: f.custom, Desc: f.desc,
	}
	if f.restore != "" {
		create.RestoreTaskID, create.ImageName = f.restore, ""
	}
	create.SSHPublicKeys = keys
	wait := s.waiting(cmd)
	defer wait.end()
	wait.say("asking the machine")
	var task api.Task
	machines, err := s.machines(cmd.Context(), cmd, r.MachineId)
	if err != nil {
		return err
	}
	err = func(ctx context.Context, n *client.Node) (err error) {
		task, err = createOnPort(ctx, n, create, f.port, listing.Machine.Facts)
		if err != nil {
			return orUnknown(fmt.Errorf("create a virtual machine: %w", err), "dbc vm list")
		}
		s.keepKeys(task.TaskID, files)
		if !f.wait {
			return nil
		}
		id := task.TaskID
		up := func(ctx context.Context) (api.Task, error) {
			return n.WaitTask(ctx, id, client.StatusRunning, wait.task)
		}
		if s.session != "" || !f.cancel { // a session's key cancels nothing
			task, err = up(ctx)
		} else {
			task, err = s.inTrial(cmd, c, rentID, up).do(ctx)
		}
		return orGoesOn(ctx, err, fmt.Sprintf("The virtual machine goes on being made: dbc vm show %s tells how far it is, dbc vm delete %s ends it.", id, id))
	}(cmd.Context(), machines[0].node)
	if err != nil {
		return err
	}
	wait.end()
	return s.show(cmd, viewVM(task), func(w io.Writer) { writeTask(w, task) })
}

// keepKeys lets dbc ssh find the keys again. The virtual machine is there, so
// what goes wrong is told and no more.
func (s *settings) keepKeys(taskID string, files []string) {
	home, err := s.homeDir()
	if err == nil {
		err = keepLoginKeys(home, taskID, files)
	}
	if err != nil {
		fmt.Fprintf(s.errOut, "dbc: which key logs in was not written down, dbc ssh needs -i: %v\n", err)
	}
}

// portTries: a port that another VM took is not taken again.
const portTries = 8

// createOnPort asks for the port, or for ports of the machine's range at random
// until one is free: which are, only the machine knows.
func createOnPort(ctx context.Context, n *client.Node, create api.Create, port uint16, facts machine.Facts) (api.Task, error) {
	for try := 1; ; try++ {
		p := uint32(port)
		if port == 0 {
			p = facts.PortFirst + rand.Uint32N(facts.PortLast-facts.PortFirst+1)
		}
		create.SSHPort = api.Text(strconv.FormatUint(uint64(p), 10))
		task, err := n.CreateTask(ctx, create)
		var refused *client.NodeError
		if port != 0 || try == portTries || !errors.As(err, &refused) || refused.Code != "PORT_TAKEN" {
			return task, err
		}
	}
}

// publicKeys are those of some files; without a file the user's own, and none
// where there are none: the node then makes a password.
func publicKeys(paths []string) (keys, files []string, err error) {
	for _, path := range paths {
		more, err := readPublicKeys(path)
		if err != nil {
			return nil, nil, err
		}
		keys = append(keys, more...)
	}
	if len(keys) > sshkey.MaxKeys {
		return nil, nil, usagef("--ssh-key names %d keys; a VM takes at most %d", len(keys), sshkey.MaxKeys)
	}
	home, err := os.UserHomeDir()
	if len(paths) > 0 || err != nil {
		return keys, paths, nil //nolint:nilerr // no home, no key of one's own
	}
	for _, name := range []string{"id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub"} {
		file := filepath.Join(home, ".ssh", name)
		keys, err := readPublicKeys(file)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return keys, []string{file}, err
		}
	}
	return nil, nil, nil
}

func readPublicKeys(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, usagef("--ssh-key: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, sshkey.MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read ssh key: %w", err)
	}
	keys, err := sshkey.ReadFile(text)
	if err != nil {
		return nil, usagef("%s: %v", path, err)
	}
	return keys, nil
}
