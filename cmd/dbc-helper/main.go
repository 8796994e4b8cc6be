// Command dbc-helper is the privileged half of a compute node: it has libvirt,
// nftables, the disks and the cards, and performs typed steps for the node, which
// then needs no privileges. It links neither the chain nor a network's protocols.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
