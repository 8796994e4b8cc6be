package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper"
)

// version is written by make build.
var version = "dev"

const usage = `Run a compute node's privileged half, for a node that runs as another user.

It has libvirt, nftables, the disks and the cards, and performs typed steps for
the node, which then needs no privileges. core.conf names its socket
(helper_socket). VMs run on while it is away.

  dbc-helper --home /etc/dbc --user dbc-node

`

// codeUsage is the exit code of a command line that can't be meant.
const codeUsage = 2

// run is main without a process.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == guests.ResetCommand {
		code, err := vfio.Main("/", args[1:])
		if err != nil {
			fmt.Fprintln(stderr, "Error:", err)
		}
		return code
	}
	flags := flag.NewFlagSet("dbc-helper", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	home := flags.String("home", "/etc/dbc", "folder of the node's conf")
	name := flags.String("user", "dbc-node", "the one user whose node is served, by name or number")
	runDir := flags.String("run-dir", conf.DefaultRunDir, "folder of the machine's lock; only tests move it")
	tell := flags.Bool("version", false, "print the version and end")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return codeUsage
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "Error: %q: want no arguments beside flags; see dbc-helper --help\n", flags.Arg(0))
		return codeUsage
	case *tell:
		fmt.Fprintln(stdout, version)
		return 0
	}
	if err := serve(ctx, *home, *name, *runDir); err != nil {
		fmt.Fprintln(stderr, "Error:", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, home, name, runDir string) error {
	cfg, err := conf.LoadHelper(home)
	if err != nil {
		return err
	}
	cfg.RunDir = runDir
	uid, gid, err := conf.LookUpUser(name)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	return helper.Run(ctx, cfg, uid, gid, []string{self, guests.ResetCommand}, version)
}
