package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dbc-network/dbc/node/compute/journal"
)

// ErrNotStray means that a folder does not exist, or that a task has it.
var ErrNotStray = errors.New("no folder without a task")

// Strays names the VM folders that no task of the journal has: somebody's data may
// be in them, so nothing but a command removes them.
func Strays(ctx context.Context, files Folders, j *journal.Journal) ([]string, error) {
	// Folders first: a create records its task before it makes its folder.
	folders, err := files.Folders(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the VMs' folders: %w", err)
	}
	tasks, err := j.Tasks()
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	return slices.DeleteFunc(folders, func(name string) bool {
		return slices.ContainsFunc(tasks, func(t journal.Task) bool { return folder(t) == name || t.ID == name })
	}), nil
}

// RemoveStray deletes one of Strays with all its contents.
func RemoveStray(ctx context.Context, files StrayFiles, j *journal.Journal, name string) error {
	strays, err := Strays(ctx, files, j)
	if err != nil {
		return err
	}
	if !slices.Contains(strays, name) {
		return fmt.Errorf("%w: %.60q, there are %q", ErrNotStray, name, strays)
	}
	_, err = files.Wipe(ctx, name)
	return err
}

// tellStrays logs them for the host's owner once, at start.
func (h *Host) tellStrays(ctx context.Context) {
	strays, err := Strays(ctx, h.deps.Files, h.deps.Journal)
	if err != nil {
		h.deps.Log.Warn("folders without a task can't be looked for", "error", err)
	}
	for _, name := range strays {
		h.deps.Log.Warn("a VM's folder is in no task; see dbc node check", "folder", name)
	}
}
