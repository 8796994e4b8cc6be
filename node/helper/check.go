package helper

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/helper/steps"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/vm"
)

// The bounds of what one call may carry.
const (
	maxDataDisks = 8
	maxBindings  = 1024
	maxPorts     = 100
	maxPassword  = 128
)

var (
	// What node/host derives names from ends in these forms.
	uuidForm   = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	madeForm   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	domainForm = regexp.MustCompile(`^[0-9]{1,20}-[0-9a-f]{12}$`)
	tapForm    = regexp.MustCompile(`^dt[0-9a-f]{10}$`)
	targetForm = regexp.MustCompile(`^vd[a-y]$`)
	userForm   = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)
)

func checkUUID(text string) (vm.UUID, error) {
	if !uuidForm.MatchString(text) {
		return "", badSpec("uuid", text, "36 characters, lower case")
	}
	return vm.UUID(text), nil
}

func checkTarget(name string) error {
	if !targetForm.MatchString(name) {
		return badSpec("disk", name, "vda to vdy")
	}
	return nil
}

func badSpec(field string, value any, rule string) error {
	return fmt.Errorf("%w: %s is %q, allowed: %s", vm.ErrBadSpec, field, fmt.Sprint(value), rule)
}

// checkDefine refuses what this machine's node does not make.
func (s *Server) checkDefine(b *bound, req *steps.DefineRequest) error {
	if !madeForm.MatchString(req.GetUuid()) {
		return badSpec("uuid", req.GetUuid(), "one that a compute node makes (RFC 9562, version 8)")
	}
	rest, ours := strings.CutPrefix(req.GetName(), b.prefix)
	switch {
	case !ours || !domainForm.MatchString(rest):
		return badSpec("name", req.GetName(), b.prefix+"RENTAL-DIGEST")
	case s.config.CPUs > 0 && int64(req.GetVcpus()) > int64(s.config.CPUs):
		return badSpec("vcpus", req.GetVcpus(), fmt.Sprintf("at most the computer's %d", s.config.CPUs))
	case req.GetMemoryMib() > maxMemory(s.config.MemoryMiB):
		return badSpec("memory_mib", req.GetMemoryMib(), fmt.Sprintf("at most the computer's %d", maxMemory(s.config.MemoryMiB)))
	case len(req.GetDataDisks()) > maxDataDisks:
		return badSpec("data_disks", len(req.GetDataDisks()), fmt.Sprintf("at most %d", maxDataDisks))
	}
	if err := taskdir.CheckFolder(req.GetFolder()); err != nil {
		return fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	if err := image.CheckName(req.GetImage()); err != nil {
		return fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	for _, name := range req.GetDataDisks() {
		if err := taskdir.CheckDisk(name); err != nil {
			return fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
		}
	}
	if _, _, err := s.checkCard(req.GetCard()); err != nil {
		return fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	return b.layout.expand(req).Validate()
}

// checkRecorded refuses whatever was not recorded together when the disks were made.
func (b *bound) checkRecorded(req *steps.DefineRequest) error {
	r, err := b.recorded(req.GetFolder())
	if err != nil {
		return fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	id := b.identity(r.Holder)
	switch {
	case req.GetUuid() != string(id.UUID):
		return badSpec("uuid", req.GetUuid(), "the VM that has the folder's disks, "+string(id.UUID))
	case req.GetName() != id.Domain:
		return badSpec("name", req.GetName(), id.Domain)
	case req.GetImage() != r.Image:
		return badSpec("image", req.GetImage(), r.Image)
	case req.GetCard().GetTap() != id.Tap || string(req.GetCard().GetMac()) != string(id.MAC):
		return badSpec("card", req.GetCard().GetTap(), fmt.Sprintf("%s with %s", id.Tap, id.MAC))
	case r.Holder.Seed == "":
		return badSpec("seed", "not written", "a VM whose seed is written")
	case req.GetCard().GetAddr() != r.Holder.Addr.String():
		return badSpec("addr", req.GetCard().GetAddr(), "the seed's, "+r.Holder.Addr.String())
	}
	for _, name := range req.GetDataDisks() {
		if !r.HasDisk(name) {
			return badSpec("disk", name, fmt.Sprintf("one of the VM's %q", r.Disks))
		}
	}
	return nil
}

// maxMemory in MiB, bounded where the computer's is not known.
func maxMemory(known uint64) uint64 {
	if known == 0 {
		return 64 << 20
	}
	return known
}

// checkCard: the card's address is a guest's, its names of the kind that a node makes.
func (s *Server) checkCard(card *steps.Card) (net.HardwareAddr, netip.Addr, error) {
	if !tapForm.MatchString(card.GetTap()) {
		return nil, netip.Addr{}, refuse("tap", fmt.Sprintf("%q", card.GetTap()), "dt and ten hex digits")
	}
	return s.checkAddrs(card.GetMac(), card.GetAddr())
}

func (s *Server) checkAddrs(mac []byte, text string) (net.HardwareAddr, netip.Addr, error) {
	addr, err := netip.ParseAddr(text)
	cidr := s.config.CIDR
	switch {
	case len(mac) != 6 || mac[0] != 0x02:
		return nil, addr, refuse("mac", net.HardwareAddr(mac[:min(len(mac), 20)]), "six bytes, the first 02")
	case err != nil || !addr.Is4() || !cidr.Contains(addr) || addr == cidr.Addr() || addr == cidr.Addr().Next() || !cidr.Contains(addr.Next()):
		return nil, addr, refuse("addr", fmt.Sprintf("%q", text), fmt.Sprintf("a host of %v but its first", cidr))
	}
	return slices.Clone(mac), addr, nil
}

// checkPort: never one of the host's own.
func (s *Server) checkPort(p *steps.Port) error {
	first, last := uint32(s.config.PortFirst), uint32(s.config.PortLast)
	switch {
	case p.GetProtocol() != "tcp" && p.GetProtocol() != "udp":
		return refuse("protocol", fmt.Sprintf("%q", p.GetProtocol()), "tcp or udp")
	case p.GetHost() < first || p.GetHost() > last:
		return refuse("host port", p.GetHost(), fmt.Sprintf("%d-%d (port_first and port_last of core.conf)", first, last))
	case p.GetGuest() < 1 || p.GetGuest() > 65535:
		return refuse("guest port", p.GetGuest(), "1-65535")
	}
	return nil
}

func checkPassword(user, password string) error {
	printable := func(r rune) bool { return r >= ' ' && r <= '~' }
	switch {
	case !userForm.MatchString(user):
		return refuse("user", fmt.Sprintf("%q", user), "1 to 32 of a-z, 0-9, _ and -")
	case len(password) < 1 || len(password) > maxPassword || strings.ContainsFunc(password, func(r rune) bool { return !printable(r) }):
		return refuse("password", "…", fmt.Sprintf("1 to %d printable ASCII characters", maxPassword))
	}
	return nil
}
