package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/httpapi"
)

const roleMining = "mining"

func (s *Server) root(context.Context, *call) (any, error) {
	word := s.deps.Rentals.Word()
	root := api.Root{
		Version: s.cfg.Version, Role: roleMining, MachineID: s.cfg.Key.MachineID(),
		ChainID: s.cfg.ChainID, Height: word.Height, APIVersion: api.Version, Features: api.MachineFeatures,
	}
	if s.deps.Problem != nil {
		root.Problem = s.deps.Problem()
	}
	if word.Doubt != nil {
		root.Doubt = word.Doubt.Error()
	}
	if code := doubtCode(word.Doubt); code != "" {
		root.Problem = &api.Problem{Code: code, Height: word.Height}
		if !word.Time.IsZero() {
			root.Problem.AgeSeconds = int64(s.deps.Now().Sub(word.Time) / time.Second)
		}
	}
	return root, nil
}

func (s *Server) health(ctx context.Context, _ *call) (any, error) {
	h := api.Health{Reasons: []api.HealthReason{}, Role: roleMining, ChainID: s.cfg.ChainID}
	if s.deps.Health != nil {
		h.Reasons = append(h.Reasons, s.deps.Health(ctx)...)
	}
	h.Healthy = len(h.Reasons) == 0
	return h, nil
}

// doubtCode is of what only a comparison with what was believed before can tell.
func doubtCode(doubt error) api.ProblemCode {
	switch {
	case errors.Is(doubt, trust.ErrOtherChain):
		return api.ProblemOther
	case errors.Is(doubt, trust.ErrFalling):
		return api.ProblemFell
	}
	return ""
}

func (s *Server) unknown(_ context.Context, c *call) (any, error) {
	if c.http.Method != http.MethodPost && c.http.Method != http.MethodGet {
		return nil, &api.Refusal{Kind: httpapi.ErrMethod, Field: "method", Value: c.http.Method, Limit: "POST"}
	}
	return nil, &api.Refusal{Kind: httpapi.ErrPath, Field: "path", Value: c.http.URL.Path}
}

// details are the machine's, as they were read last, or why they could not be.
type details struct {
	mu   sync.Mutex
	read time.Time
	last api.Details
	why  error
}

// machine is open to all: who wants to rent looks first. What reading costs, the
// machine pays once a second at most.
func (s *Server) machine(ctx context.Context, c *call) (any, error) {
	own := api.Node{NodeID: s.cfg.Key.MachineID(), Version: s.cfg.Version}
	if len(c.request.PeerNodesList) == 0 {
		return api.Nodes{MiningNodes: []api.Node{own}}, nil
	}
	return s.readLately(ctx)
}

// readLately returns the details as of at most detailsLife ago.
func (s *Server) readLately(ctx context.Context) (api.Details, error) {
	d := &s.details
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.read.IsZero() || time.Since(d.read) >= detailsLife {
		// Others wait for it: who leaves does not end it.
		d.last, d.why = s.readDetails(context.WithoutCancel(ctx), api.Node{NodeID: s.cfg.Key.MachineID(), Version: s.cfg.Version})
		d.read = time.Now()
	}
	return d.last, d.why
}

func (s *Server) readDetails(ctx context.Context, own api.Node) (api.Details, error) {
	inv, err := s.deps.Inventory(ctx)
	if err != nil {
		return api.Details{}, fmt.Errorf("read the inventory: %w", err)
	}
	used, held, err := s.deps.Usage.Used()
	if err != nil {
		return api.Details{}, err
	}
	cards, err := s.deps.Usage.Slots(ctx)
	if err != nil { // the rest is worth knowing all the same
		s.deps.Log.Debug("the cards' states can't be told", "error", err)
	}
	images, err := s.listImages(ctx)
	if err != nil {
		return api.Details{}, err
	}
	total := s.cfg.Capacity
	gpus, usedGPUs := 0, 0
	for i, n := range total.GPUs {
		gpus += n
		if slices.Contains(held, uint32(i)) {
			usedGPUs += n
		}
	}
	d := api.Details{
		Node: own, NodeType: roleMining, IP: s.cfg.PublicIP.String(), OS: "linux",
		CPU: api.CPU{
			Type: inv.CPUModel, Hz: fmt.Sprintf("%dMHz", inv.MHz), Cores: strconv.Itoa(total.CPUs), Used: strconv.Itoa(used.CPUs),
			UsedUsage: percent(uint64(used.CPUs), uint64(total.CPUs)), PhysicalCPUs: strconv.Itoa(inv.Sockets),
		},
		GPU: api.GPU{Type: s.cfg.GPUType, Count: strconv.Itoa(gpus), Used: strconv.Itoa(usedGPUs), Slots: slotStates(cards)},
		Mem: api.Size{
			Size: mebibytes(total.MemoryMiB), Free: mebibytes(total.MemoryMiB - min(total.MemoryMiB, used.MemoryMiB)),
			UsedUsage: percent(used.MemoryMiB, total.MemoryMiB),
		},
		DiskData:  []api.Size{},
		Images:    images,
		PortFirst: strconv.Itoa(int(s.cfg.PortFirst)), PortLast: strconv.Itoa(int(s.cfg.PortLast)),
	}
	for i, disk := range inv.Disks {
		// Paths of the host are nobody's business.
		size := api.Size{
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

func slotStates(cards []host.Slot) []api.SlotState {
	var list []api.SlotState
	for _, c := range cards {
		list = append(list, api.SlotState{Slot: c.Index, GPUs: c.GPUs, State: string(c.State), Fault: c.Fault, Params: c.Params})
	}
	return list
}

// percent of whole that part is, at most 100.
func percent(part, whole uint64) string {
	if whole == 0 {
		return "0%"
	}
	return strconv.FormatUint(min(part, whole)*100/whole, 10) + "%"
}

// images is open to all too, and costs no more.
func (s *Server) images(ctx context.Context, _ *call) (any, error) {
	d, err := s.readLately(ctx)
	return api.ImageList{Images: d.Images}, err
}

func (s *Server) listImages(ctx context.Context) ([]api.Image, error) {
	found, err := s.deps.Images.ListWithin(ctx, imagesLimit)
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	names := make([]string, len(found))
	for i, img := range found {
		names[i] = img.Name
	}
	images, preferred := []api.Image{}, image.Default(names)
	for _, img := range found {
		title, version := image.Describe(img.Name)
		images = append(images, api.Image{
			Name: img.Name, Size: mebibytes(uint64(img.Size) >> 20), Title: title, Version: version, Default: img.Name == preferred,
			Contents: contents(img.Manifest),
		})
	}
	return images, nil
}

// contents are a manifest's for renters; nil without one.
func contents(m *image.Manifest) *api.ImageContents {
	if m == nil {
		return nil
	}
	c := &api.ImageContents{
		SHA256: m.Digest, OS: m.OS, Version: m.Version, Kernel: m.Kernel, Packages: []api.ImagePackage{}, Login: m.Login, CloudInit: m.CloudInit,
		Firmware: m.Firmware, MinDiskGiB: m.MinDiskGiB, Licences: []string{}, LicenceTexts: m.Texts,
	}
	if m.Driver != nil {
		c.Driver, c.DriverVersion = m.Driver.Vendor, m.Driver.Version
	}
	for _, p := range m.Contents {
		c.Packages = append(c.Packages, api.ImagePackage{Name: p.Package, Version: p.Version})
	}
	for _, licence := range m.Licences {
		c.Licences = append(c.Licences, string(licence))
	}
	return c
}

// defaultImage returns the name of the image for a VM whose renter names none.
func (s *Server) defaultImage(ctx context.Context) (string, error) {
	images, err := s.listImages(ctx)
	if err != nil {
		return "", err
	}
	for _, img := range images {
		if img.Default {
			return img.Name, nil
		}
	}
	return "", &api.Refusal{Kind: host.ErrImage, Field: "image_name", Limit: "the images of " + api.PathImages, Remedy: "this machine has no image; its host has to add one"}
}

func (s *Server) openAPI(context.Context, *call) (any, error) { return api.OpenAPI(), nil }
