package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/api"
)

// diskOK is the status of a disk without work in progress.
const diskOK = "ok"

// Disks lists a VM's disks.
func (n *Node) Disks(ctx context.Context, id string) (list api.Disks, err error) {
	if err := CheckTaskID(id); err != nil {
		return list, err
	}
	return list, n.call(ctx, api.PathDiskList+id, struct{}{}, &list)
}

// AddDisk requests another data disk with the given size in GiB and returns its
// name. Like the other disk methods it returns when the node has accepted the
// request; WaitDisks waits for completion.
func (n *Node) AddDisk(ctx context.Context, id string, gib uint64) (name string, err error) {
	if err := CheckTaskID(id); err != nil {
		return "", err
	}
	var added api.AddedDisk
	err = n.call(ctx, api.PathDiskAdd+id, api.AddDisk{Size: api.Text(strconv.FormatUint(gib, 10))}, &added)
	return added.Disk, err
}

// ResizeDisk enlarges a data disk.
func (n *Node) ResizeDisk(ctx context.Context, id, disk string, gib uint64) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathDiskResize+id, api.ResizeDisk{Disk: disk, Size: api.Text(strconv.FormatUint(gib, 10))}, nil)
}

// DeleteDisk deletes a data disk and everything on it.
func (n *Node) DeleteDisk(ctx context.Context, id, disk string) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathDiskDelete+id, api.DeleteDisk{Disk: disk}, nil)
}

// WaitDisks waits until no work on a VM's disks is in progress. For a failed
// change it returns ErrTask with the node's reason.
func (n *Node) WaitDisks(ctx context.Context, id string) (api.Disks, error) {
	ticker := time.NewTicker(taskPoll)
	defer ticker.Stop()
	for {
		list, err := n.Disks(ctx, id)
		switch {
		case errors.Is(err, ErrUnreachable) && ctx.Err() == nil:
		case err != nil:
			return list, err
		case slices.ContainsFunc(list.Disks, func(d api.Disk) bool { return d.Status != diskOK }):
		case list.Reason != nil:
			return list, &TaskError{list.Reason}
		default:
			return list, nil
		}
		select {
		case <-ctx.Done():
			return list, fmt.Errorf("wait for the disks of %s: %w", id, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}
