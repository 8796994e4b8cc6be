package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/node/api"
)

// diskOK is the status of a disk with which nothing is being done.
const diskOK = "ok"

// Disks lists a VM's disks.
func (n *Node) Disks(ctx context.Context, id string) (list api.Disks, err error) {
	if err := CheckTaskID(id); err != nil {
		return list, err
	}
	return list, n.call(ctx, api.PathDiskList+id, struct{}{}, &list)
}

// AddDisk asks for a data disk of so many GiB more and returns its name. Like the
// others below it returns when the node took the wish; WaitDisks waits for it.
func (n *Node) AddDisk(ctx context.Context, id string, gib uint64) (name string, err error) {
	if err := CheckTaskID(id); err != nil {
		return "", err
	}
	var added api.AddedDisk
	err = n.call(ctx, api.PathDiskAdd+id, api.AddDisk{Size: api.Text(strconv.FormatUint(gib, 10))}, &added)
	return added.Disk, err
}

// ResizeDisk makes a data disk larger.
func (n *Node) ResizeDisk(ctx context.Context, id, disk string, gib uint64) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathDiskResize+id, api.ResizeDisk{Disk: disk, Size: api.Text(strconv.FormatUint(gib, 10))}, nil)
}

// DeleteDisk deletes one data disk with all that is on it.
func (n *Node) DeleteDisk(ctx context.Context, id, disk string) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathDiskDelete+id, api.DeleteDisk{Disk: disk}, nil)
}

// WaitDisks returns when nothing is being done with a VM's disks. A change that
// failed is ErrTask with the node's reason.
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
