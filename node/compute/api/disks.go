package api

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/httpapi"
)

func (s *Server) setPassword(ctx context.Context, c *call) (any, error) {
	var wish api.Passwd
	if err := strict(c.request.Additional, &wish); err != nil {
		// The decoder's words may hold what was sent.
		return nil, fmt.Errorf("%w: want username and password, both strings", httpapi.ErrBody)
	}
	err := s.deps.Host.SetPassword(ctx, c.caller, c.http.PathValue("id"), wish.UserName, wish.Password)
	if err != nil {
		return nil, err
	}
	return "ok", nil
}

func (s *Server) listDisks(_ context.Context, c *call) (any, error) {
	id := c.http.PathValue("id")
	t, err := s.deps.Host.Task(c.wallet, id)
	if err != nil {
		return nil, err
	}
	if !c.sees(t.Rental.ID) {
		return nil, &api.Refusal{Kind: host.ErrNotFound, Field: "task_id", Value: id, Limit: "a task of a rental that this is for"}
	}
	list := api.Disks{TaskID: id, Reason: t.Progress.Reason, Disks: []api.Disk{{Disk: "vda", Size: gibibytes(t.Disks.System.GiB), Status: "ok"}}}
	for _, d := range t.Disks.Data {
		row := api.Disk{Disk: d.Name, Size: gibibytes(d.GiB), Status: "ok"}
		if d.Doing != "" {
			row.Status = string(d.Doing)
		}
		list.Disks = append(list.Disks, row)
	}
	return list, nil
}

func gibibytes(n uint64) string { return fmt.Sprintf("%dG", n) }

// addDisk is AddDisk with the original's further field.
type addDisk struct {
	api.AddDisk
	MountDir json.RawMessage `json:"mount_dir"`
}

func (s *Server) addDisk(ctx context.Context, c *call) (any, error) {
	var wish addDisk
	if err := strict(c.request.Additional, &wish); err != nil {
		return nil, err
	}
	if present(wish.MountDir) {
		return nil, unsupported("mount_dir", "…", "leave it out: where disks are on the host is the host's")
	}
	size, err := parseNumber[uint64]("size", wish.Size, 1, maxGiB)
	if err != nil {
		return nil, err
	}
	name, err := s.deps.Host.AddDisk(ctx, c.caller, c.http.PathValue("id"), size)
	if err != nil {
		return nil, err
	}
	return api.AddedDisk{Disk: name}, nil
}

func (s *Server) resizeDisk(ctx context.Context, c *call) (any, error) {
	var wish api.ResizeDisk
	if err := strict(c.request.Additional, &wish); err != nil {
		return nil, err
	}
	size, err := parseNumber[uint64]("size", wish.Size, 1, maxGiB)
	if err != nil {
		return nil, err
	}
	if err := s.deps.Host.ResizeDisk(ctx, c.caller, c.http.PathValue("id"), wish.Disk, size); err != nil {
		return nil, err
	}
	return "ok", nil
}

func (s *Server) deleteDisk(ctx context.Context, c *call) (any, error) {
	var wish api.DeleteDisk
	if err := strict(c.request.Additional, &wish); err != nil {
		return nil, err
	}
	if err := s.deps.Host.DeleteDisk(ctx, c.caller, c.http.PathValue("id"), wish.Disk); err != nil {
		return nil, err
	}
	return "ok", nil
}
