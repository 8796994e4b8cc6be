package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/host"
)

// disks are the routes of data disks, and of a guest's password.
var disks = []Route{
	{
		Name: "set_password", Method: http.MethodPost, Path: PathTaskPasswd + "{id}", Authority: ExactRenter,
		Summary:    "Set a user's password by the guest's agent; the node keeps no copy.",
		SummaryZH:  "通过来宾代理设置用户密码；节点不保存副本。",
		Example:    `{"username":"dbc","password":""}`,
		Additional: Passwd{}, Reply: "", handle: (*Server).setPassword,
	},
	{
		Name: "list_disks", Method: http.MethodPost, Path: PathDiskList + "{id}", Authority: AnyRenter, Scope: auth.ScopeRead,
		Summary:   "List a virtual machine's disks.",
		SummaryZH: "列出虚拟机的磁盘。",
		Reply:     Disks{}, handle: (*Server).listDisks,
	},
	{
		Name: "add_disk", Method: http.MethodPost, Path: PathDiskAdd + "{id}", Authority: AnyRenter, Scope: auth.ScopeOperate,
		Summary:    "Add a data disk, to a virtual machine that runs too.",
		SummaryZH:  "添加一块数据盘，虚拟机运行时也可以。",
		Example:    `{"size":"10"}`,
		Additional: AddDisk{}, Reply: AddedDisk{}, handle: (*Server).addDisk,
	},
	{
		Name: "resize_disk", Method: http.MethodPost, Path: PathDiskResize + "{id}", Authority: AnyRenter, Scope: auth.ScopeOperate,
		Summary:    "Make a data disk larger; it never gets smaller.",
		SummaryZH:  "扩大一块数据盘；不能缩小。",
		Example:    `{"disk":"vdb","size":"20"}`,
		Additional: ResizeDisk{}, Reply: "", handle: (*Server).resizeDisk,
	},
	{
		Name: "delete_disk", Method: http.MethodPost, Path: PathDiskDelete + "{id}", Authority: ExactRenter,
		Summary:    "Delete one data disk with all that is on it.",
		SummaryZH:  "删除一块数据盘及其全部内容。",
		Additional: DeleteDisk{}, Reply: "", handle: (*Server).deleteDisk,
	},
}

func (s *Server) setPassword(ctx context.Context, c *call) (any, error) {
	var wish Passwd
	if err := strict(c.request.Additional, &wish); err != nil {
		// The decoder's words may hold what was sent.
		return nil, fmt.Errorf("%w: want username and password, both strings", ErrBody)
	}
	err := s.deps.Host.SetPassword(ctx, c.wallet, c.rentalIDs(), c.http.PathValue("id"), wish.UserName, wish.Password)
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
	if !c.sees(t.RentID) {
		return nil, &host.Refusal{Kind: host.ErrNotFound, Field: "task_id", Value: id, Limit: "a task of a rental that this is for"}
	}
	list := Disks{TaskID: id, Reason: t.Reason, Disks: []Disk{{Disk: "vda", Size: gibibytes(t.SystemGiB), Status: "ok"}}}
	for _, d := range t.Disks {
		row := Disk{Disk: d.Name, Size: gibibytes(d.GiB), Status: "ok"}
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
	AddDisk
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
	name, err := s.deps.Host.AddDisk(ctx, c.wallet, c.rentalIDs(), c.http.PathValue("id"), size)
	if err != nil {
		return nil, err
	}
	return AddedDisk{Disk: name}, nil
}

func (s *Server) resizeDisk(ctx context.Context, c *call) (any, error) {
	var wish ResizeDisk
	if err := strict(c.request.Additional, &wish); err != nil {
		return nil, err
	}
	size, err := parseNumber[uint64]("size", wish.Size, 1, maxGiB)
	if err != nil {
		return nil, err
	}
	if err := s.deps.Host.ResizeDisk(ctx, c.wallet, c.rentalIDs(), c.http.PathValue("id"), wish.Disk, size); err != nil {
		return nil, err
	}
	return "ok", nil
}

func (s *Server) deleteDisk(ctx context.Context, c *call) (any, error) {
	var wish DeleteDisk
	if err := strict(c.request.Additional, &wish); err != nil {
		return nil, err
	}
	if err := s.deps.Host.DeleteDisk(ctx, c.wallet, c.rentalIDs(), c.http.PathValue("id"), wish.Disk); err != nil {
		return nil, err
	}
	return "ok", nil
}
