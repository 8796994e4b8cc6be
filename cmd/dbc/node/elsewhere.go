//go:build !linux

package node

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/node/key"
)

// errLinux refuses the role that has virtual machines.
var errLinux = errors.New("role mining needs Linux: here a node is a client node, --role client")

func linuxCommands(*string) []*cobra.Command { return nil }

func initCompute(string, map[string]string) (key.Key, error) { return key.Key{}, errLinux }

func runCompute(context.Context, string, string, bool) error { return errLinux }
