package compute

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper"
)

// Strays names the folders of VMs that no task of a node has, and removes those
// that remove names. The node must not run; its helper, where it has one, must.
func Strays(ctx context.Context, cfg conf.Compute, remove []string) (left []string, err error) {
	var files host.StrayFiles
	path := cfg.OldJournal()
	if cfg.HelperSocket != "" {
		c, err := helper.Dial(helper.ClientConfig{Socket: cfg.HelperSocket, Logger: slog.Default()})
		if err != nil {
			return nil, err
		}
		defer func() { _ = c.Close() }()
		files, path = c, cfg.Journal()
	}
	if _, err := os.Lstat(path); err != nil {
		return nil, fmt.Errorf("look at the journal: %w", err)
	}
	binding, known, err := journal.Peek(path)
	if err != nil || !known {
		return nil, errors.Join(fmt.Errorf("the journal %s is bound to no chain yet; start the node once: %w", path, node.ErrBound), err)
	}
	j, err := journal.Open(path, binding)
	if err != nil {
		return nil, fmt.Errorf("%w; stop the node first", err)
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if files == nil {
		files = guests.OpenFolders(cfg.DataDir, binding)
	}
	for _, name := range remove {
		if err := host.RemoveStray(ctx, files, j, name); err != nil {
			return nil, err
		}
	}
	return host.Strays(ctx, files, j)
}
