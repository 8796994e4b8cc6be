package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
)

func (s *Server) createTask(ctx context.Context, c *call) (any, error) {
	wish, err := decodeCreate(c.request.Additional)
	if err != nil {
		return nil, err
	}
	order, err := parseCreate(wish, limits{s.cfg.PortFirst, s.cfg.PortLast})
	if err != nil {
		return nil, err
	}
	if order.RestoreTaskID != "" && c.proof == nil {
		return nil, fmt.Errorf("%w: field restore_task_id: kept disks are given to signed requests; use dbc or the web app", ErrTicketRights)
	}
	if order.RestoreTaskID != "" {
		if err := c.short(); err != nil {
			return nil, err
		}
	}
	if order.Rental, err = choose(c.caller.Rentals(), string(wish.RentOrder)); err != nil {
		return nil, cmp.Or(c.behind, err)
	}
	if wish.TaskID != "" {
		if order.Asked, err = digest(wish, order.Rental.ID); err != nil {
			return nil, err
		}
	}
	if order.Image == "" && order.RestoreTaskID == "" {
		if order.Image, err = s.defaultImage(ctx); err != nil {
			return nil, err
		}
	}
	t, err := s.deps.Host.Create(ctx, order)
	if err != nil {
		return nil, err
	}
	return s.task(t), nil
}

// digest is of what a create asks for, however its JSON is written.
func digest(wish api.Create, rentID uint64) (string, error) {
	wish.RentOrder = api.Text(strconv.FormatUint(rentID, 10))
	text, err := json.Marshal(wish)
	if err != nil {
		return "", fmt.Errorf("encode the request: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// choose is the rental that rent_order names, or the only one.
func choose(rentals []trust.Rental, order string) (trust.Rental, error) {
	ids := make([]string, len(rentals))
	for i, r := range rentals {
		ids[i] = strconv.FormatUint(r.ID, 10)
		if ids[i] == order || (order == "" && len(rentals) == 1) {
			return r, nil
		}
	}
	return trust.Rental{}, &api.Refusal{
		Kind: host.ErrInvalid, Field: "rent_order", Value: order, Limit: fmt.Sprintf("one of %v", ids),
		Remedy: "name the rental that pays for the VM",
	}
}

func (s *Server) listTasks(ctx context.Context, c *call) (any, error) {
	return await(ctx, s, c, func() (list api.Tasks, revision string, err error) {
		tasks, err := s.deps.Host.Tasks(c.wallet)
		if err != nil {
			return list, "", err
		}
		list.Tasks = []api.TaskSummary{}
		for _, t := range tasks {
			if c.sees(t.Rental.ID) {
				list.Tasks = append(list.Tasks, s.task(t).TaskSummary)
			}
		}
		list.Revision = api.Revision(list.Tasks)
		return list, list.Revision, nil
	})
}

func (s *Server) showTask(ctx context.Context, c *call) (any, error) {
	return await(ctx, s, c, func() (api.Task, string, error) {
		task, err := s.seen(c)
		return task, task.Revision, err
	})
}

// seen returns the task of the path, if the caller may see it.
func (s *Server) seen(c *call) (task api.Task, err error) {
	id := c.http.PathValue("id")
	t, err := s.deps.Host.Task(c.wallet, id)
	if err != nil {
		return task, err
	}
	if !c.sees(t.Rental.ID) {
		return task, &api.Refusal{
			Kind: host.ErrNotFound, Field: "task_id", Value: id, Limit: "a task of a rental that the ticket is for",
			Remedy: "make a ticket with sign_tool --machine " + s.cfg.Key.MachineID(),
		}
	}
	return s.task(t), nil
}

func (s *Server) deleteTask(_ context.Context, c *call) (any, error) {
	if err := s.deps.Host.Delete(c.caller, c.http.PathValue("id")); err != nil {
		return nil, err
	}
	return "ok", nil
}

func summary(t journal.Task) api.TaskSummary {
	row := api.TaskSummary{
		TaskID: t.ID, CreateTime: stamp(t.Created), Desc: t.Desc, Status: string(t.Shown()),
		RentOrder: strconv.FormatUint(t.Rental.ID, 10),
	}
	if !t.Keep.Until.IsZero() {
		row.KeptUntil = stamp(t.Keep.Until)
	}
	return row
}

// task is the detail. The password goes to the renter whose rental made the VM,
// and nobody else can ask for it.
func (s *Server) task(t journal.Task) api.Task {
	d := api.Task{
		TaskSummary: summary(t), OS: "linux", UserName: t.Login.User, LoginPassword: string(t.Login.Password),
		SSHIP: s.cfg.PublicIP.String(), ImageName: t.Disks.Image.Name, BiosMode: host.BiosMode(t.Disks.Firmware),
		CPUCores: strconv.Itoa(t.Wanted.CPUs), GPUCount: strconv.Itoa(t.Wanted.GPUs), MemSize: mebibytes(t.Wanted.MemoryMiB),
		CPUPinned:  t.Wanted.CPUs > 0 && len(t.Reserved.CPUSet) >= t.Wanted.CPUs,
		DiskSystem: gibibytes(t.Disks.System.GiB), Disks: []api.TaskDisk{{Name: "vda", Size: gibibytes(t.Disks.System.GiB)}},
		Interface:   []api.TaskNIC{{Name: t.Card().Tap, Type: "virtio", MAC: t.Card().MAC}},
		SSHHostKeys: []string{t.Identity.HostKeyPublic}, Reason: t.Progress.Reason,
		Warnings: host.Warnings(t, s.deps.Now()), RentEnd: stamp(t.Rental.End),
	}
	if t.Reserved.PageKiB > 0 {
		d.MemPage = fmt.Sprintf("%dK", t.Reserved.PageKiB)
	}
	for _, p := range t.Network.Ports {
		if p.Name == journal.PortSSH {
			d.SSHPort, d.SSHSources = strconv.Itoa(int(p.Host)), texts(p.Sources)
			continue
		}
		text := fmt.Sprintf("%s,%d:%d", p.Protocol, p.Host, p.Guest)
		d.CustomPort = append(d.CustomPort, strings.Join(append([]string{text}, texts(p.Sources)...), ","))
	}
	if t.Network.Addr != (netip.Addr{}) {
		d.LocalAddress = []string{t.Network.Addr.String()}
	}
	for _, disk := range t.Disks.Data {
		d.Disks = append(d.Disks, api.TaskDisk{Name: disk.Name, Size: gibibytes(disk.GiB)})
	}
	for _, step := range t.Progress.Steps {
		row := api.Step{Name: step.Name}
		if !step.Started.IsZero() {
			row.Started = stamp(step.Started)
		}
		if step.State == journal.StepDone {
			ms := step.Took.Milliseconds()
			row.TookMS = &ms
		}
		d.Steps = append(d.Steps, row)
	}
	d.Revision = revisionOf(d)
	return d
}

// revisionOf leaves out of a task what time alone changes: when a warning comes true.
func revisionOf(d api.Task) string {
	codes := make([]string, len(d.Warnings))
	for i, w := range d.Warnings {
		codes[i] = string(w.Code) + " " + w.TaskID
	}
	d.Warnings, d.Revision = nil, ""
	return api.Revision(d, codes)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// mebibytes is 16G or 512M.
func mebibytes(n uint64) string {
	if n%1024 == 0 {
		return strconv.FormatUint(n/1024, 10) + "G"
	}
	return strconv.FormatUint(n, 10) + "M"
}

// texts returns networks as a request names them.
func texts(sources []netip.Prefix) (all []string) {
	for _, source := range sources {
		all = append(all, source.String())
	}
	return all
}
