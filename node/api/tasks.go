package api

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/trust"
)

// rentalsOf are a wallet's open rentals, by id.
func rentalsOf(word trust.Word, wallet string) []trust.Rental {
	var own []trust.Rental
	for _, r := range word.Open {
		if r.Renter == wallet {
			own = append(own, r)
		}
	}
	slices.SortFunc(own, func(a, b trust.Rental) int { return cmp.Compare(a.ID, b.ID) })
	return own
}

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
	if order.Rental, err = choose(c.rentals, string(wish.RentOrder)); err != nil {
		return nil, err
	}
	t, err := s.deps.Host.Create(ctx, order)
	if err != nil {
		return nil, err
	}
	return s.task(t), nil
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
	return trust.Rental{}, &host.Refusal{
		Kind: host.ErrInvalid, Field: "rent_order", Value: order, Limit: fmt.Sprintf("one of %v", ids),
		Remedy: "name the rental that pays for the VM",
	}
}

func (s *Server) listTasks(_ context.Context, c *call) (any, error) {
	tasks, err := s.deps.Host.Tasks(c.wallet)
	if err != nil {
		return nil, err
	}
	rows := []TaskSummary{}
	for _, t := range tasks {
		if c.sees(t.RentID) {
			rows = append(rows, summary(t))
		}
	}
	return Tasks{rows}, nil
}

func (s *Server) showTask(_ context.Context, c *call) (any, error) {
	id := c.http.PathValue("id")
	t, err := s.deps.Host.Task(c.wallet, id)
	if err != nil {
		return nil, err
	}
	if !c.sees(t.RentID) {
		return nil, &host.Refusal{
			Kind: host.ErrNotFound, Field: "task_id", Value: id, Limit: "a task of a rental that the ticket is for",
			Remedy: "make a ticket with sign_tool --machine " + s.cfg.Key.MachineID(),
		}
	}
	return s.task(t), nil
}

func (s *Server) deleteTask(_ context.Context, c *call) (any, error) {
	if err := s.deps.Host.Delete(c.wallet, c.rentalIDs(), c.http.PathValue("id")); err != nil {
		return nil, err
	}
	return "ok", nil
}

func summary(t journal.Task) TaskSummary {
	row := TaskSummary{
		TaskID: t.ID, CreateTime: stamp(t.Created), Desc: t.Desc, Status: string(t.Shown()),
		RentOrder: strconv.FormatUint(t.RentID, 10),
	}
	if !t.KeepUntil.IsZero() {
		row.KeptUntil = stamp(t.KeepUntil)
	}
	return row
}

// task is the detail. The password goes to the renter whose rental made the VM,
// and nobody else can ask for it.
func (s *Server) task(t journal.Task) Task {
	d := Task{
		TaskSummary: summary(t), OS: "linux", UserName: t.User, LoginPassword: string(t.Password),
		SSHIP: s.cfg.PublicIP.String(), ImageName: t.Image, BiosMode: host.BootOf(t),
		CPUCores: strconv.Itoa(t.CPUs), GPUCount: strconv.Itoa(t.GPUs), MemSize: mebibytes(t.MemoryMiB),
		CPUPinned:  t.CPUs > 0 && len(t.Reserved.CPUSet) >= t.CPUs,
		DiskSystem: gibibytes(t.SystemGiB), Disks: []TaskDisk{{"vda", gibibytes(t.SystemGiB)}},
		Interface:   []TaskNIC{{t.Tap, "virtio", t.MAC}},
		SSHHostKeys: []string{t.HostKeyPublic}, Reason: t.Reason,
		Warnings: host.Warnings(t, s.deps.Now()), RentEnd: stamp(t.RentEnd),
	}
	if t.Reserved.PageKiB > 0 {
		d.MemPage = fmt.Sprintf("%dK", t.Reserved.PageKiB)
	}
	if len(t.Ports) > 0 {
		d.SSHPort = strconv.Itoa(int(t.Ports[0].Host))
		for _, p := range t.Ports[1:] {
			d.CustomPort = append(d.CustomPort, fmt.Sprintf("%s,%d:%d", p.Protocol, p.Host, p.Guest))
		}
	}
	if t.Addr != (netip.Addr{}) {
		d.LocalAddress = []string{t.Addr.String()}
	}
	for _, disk := range t.Disks {
		d.Disks = append(d.Disks, TaskDisk{disk.Name, gibibytes(disk.GiB)})
	}
	for _, step := range t.Steps {
		row := Step{Name: step.Name}
		if !step.Started.IsZero() {
			row.Started = stamp(step.Started)
		}
		if step.State == journal.StepDone {
			ms := step.Took.Milliseconds()
			row.TookMS = &ms
		}
		d.Steps = append(d.Steps, row)
	}
	return d
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// mebibytes is 16G or 512M.
func mebibytes(n uint64) string {
	if n%1024 == 0 {
		return strconv.FormatUint(n/1024, 10) + "G"
	}
	return strconv.FormatUint(n, 10) + "M"
}
