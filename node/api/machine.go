package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/trust"
)

const roleMining = "mining"

func (s *Server) root(context.Context, *call) (any, error) {
	word := s.deps.Rentals.Word()
	root := Root{
		Version: s.cfg.Version, Role: roleMining, MachineID: s.cfg.Key.MachineID(),
		ChainID: s.cfg.ChainID, Height: word.Height,
	}
	if s.deps.Problem != nil {
		root.Problem = s.deps.Problem()
	}
	if word.Doubt != nil {
		root.Doubt = word.Doubt.Error()
	}
	if code := doubtCode(word.Doubt); code != "" {
		root.Problem = &chain.Problem{Code: code, Height: word.Height}
		if !word.Time.IsZero() {
			root.Problem.AgeSeconds = int64(s.deps.Now().Sub(word.Time) / time.Second)
		}
	}
	return root, nil
}

// doubtCode is of what only a comparison with what was believed before can tell.
func doubtCode(doubt error) chain.ProblemCode {
	switch {
	case errors.Is(doubt, trust.ErrOtherChain):
		return chain.CodeOther
	case errors.Is(doubt, trust.ErrFalling):
		return chain.CodeFell
	}
	return ""
}

func (s *Server) unknown(_ context.Context, c *call) (any, error) {
	if c.http.Method != http.MethodPost && c.http.Method != http.MethodGet {
		return nil, &host.Refusal{Kind: ErrMethod, Field: "method", Value: c.http.Method, Limit: "POST"}
	}
	return nil, &host.Refusal{Kind: ErrPath, Field: "path", Value: c.http.URL.Path}
}

// details are the machine's, as they were read last.
type details struct {
	mu   sync.Mutex
	read time.Time
	last Details
}

// machine is open to all: who wants to rent looks first. What reading costs, the
// machine pays once a second at most.
func (s *Server) machine(ctx context.Context, c *call) (any, error) {
	own := Node{NodeID: s.cfg.Key.MachineID(), Version: s.cfg.Version}
	if len(c.request.PeerNodesList) == 0 {
		return Nodes{MiningNodes: []Node{own}}, nil
	}
	d := &s.details
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.read.IsZero() || time.Since(d.read) >= detailsLife {
		// Others wait for it: who leaves does not end it.
		last, err := s.readDetails(context.WithoutCancel(ctx), own)
		if err != nil {
			return nil, err
		}
		d.last, d.read = last, time.Now()
	}
	return d.last, nil
}

func (s *Server) readDetails(ctx context.Context, own Node) (Details, error) {
	inv, err := s.deps.Inventory(ctx)
	if err != nil {
		return Details{}, fmt.Errorf("read the inventory: %w", err)
	}
	used, slots, err := s.deps.Usage.Used()
	if err != nil {
		return Details{}, err
	}
	images, err := s.listImages(ctx)
	if err != nil {
		return Details{}, err
	}
	total := s.cfg.Capacity
	gpus, usedGPUs := 0, 0
	for i, n := range total.GPUs {
		gpus += n
		if i < slots {
			usedGPUs += n
		}
	}
	d := Details{
		Node: own, NodeType: roleMining, IP: s.cfg.PublicIP.String(), OS: "linux",
		CPU: CPU{
			Type: inv.CPUModel, Hz: fmt.Sprintf("%dMHz", inv.MHz), Cores: strconv.Itoa(total.CPUs), Used: strconv.Itoa(used.CPUs),
			UsedUsage: percent(uint64(used.CPUs), uint64(total.CPUs)), PhysicalCPUs: strconv.Itoa(inv.Sockets),
		},
		GPU: GPU{Type: s.cfg.GPUType, Count: strconv.Itoa(gpus), Used: strconv.Itoa(usedGPUs)},
		Mem: Size{
			Size: mebibytes(total.MemoryMiB), Free: mebibytes(total.MemoryMiB - min(total.MemoryMiB, used.MemoryMiB)),
			UsedUsage: percent(used.MemoryMiB, total.MemoryMiB),
		},
		DiskData:  []Size{},
		Images:    images,
		PortFirst: strconv.Itoa(int(s.cfg.PortFirst)), PortLast: strconv.Itoa(int(s.cfg.PortLast)),
	}
	for i, disk := range inv.Disks {
		// Paths of the host are nobody's business.
		size := Size{
			Type: disk.Type, Size: fmt.Sprintf("%dG", disk.TotalGiB), Free: fmt.Sprintf("%dG", disk.FreeGiB),
			UsedUsage: percent(disk.TotalGiB-min(disk.TotalGiB, disk.FreeGiB), disk.TotalGiB),
		}
		if i == 0 {
			d.DiskSystem = size
		} else {
			d.DiskData = append(d.DiskData, size)
		}
	}
	return d, nil
}

// percent of whole that part is, at most 100.
func percent(part, whole uint64) string {
	if whole == 0 {
		return "0%"
	}
	return strconv.FormatUint(min(part, whole)*100/whole, 10) + "%"
}

func (s *Server) images(ctx context.Context, _ *call) (any, error) {
	images, err := s.listImages(ctx)
	return ImageList{images}, err
}

func (s *Server) listImages(ctx context.Context) ([]Image, error) {
	found, err := s.deps.Images.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	images := []Image{}
	for _, img := range found {
		images = append(images, Image{Name: img.Name, Size: mebibytes(uint64(img.Size) >> 20)})
	}
	return images, nil
}
