package host

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/seed/sshkey"
	"github.com/dbc-network/dbc/vm"
)

// The bounds of an order.
const (
	MaxPorts = 100
	// MaxSources are the networks that may connect to one port.
	MaxSources = 16
	MaxKeys    = sshkey.MaxKeys
	MaxDesc    = 256
	// minMemoryMiB is the least memory that a guest boots with.
	minMemoryMiB = 128
	// minSystemGiB is the smallest system disk; images grow to it.
	minSystemGiB = 10
)

// All asks for all that is left of the share.
const All = -1

// Order is what a renter wants of a VM, parsed.
type Order struct {
	// TaskID is "" where the node chooses it. Asked is a digest of what the renter asked
	// for, "" where it can't be repeated: the same id and digest are the same request.
	TaskID, Asked string
	Rental        trust.Rental
	// RestoreTaskID names a closed task of the renter whose kept disks the VM takes
	// over, with the Image of that task. It is "" for new disks.
	RestoreTaskID string
	Image         string
	// Firmware is what the VM boots by; "" is BIOS, UEFI with real GPUs, or what kept
	// disks boot by.
	Firmware vm.Firmware
	// Ports have names, one of them journal.PortSSH. One whose Host is 0 is chosen from
	// PortFirst to PortLast.
	Ports               []journal.Port
	PortFirst, PortLast uint16
	// GPUs and CPUs may be All.
	GPUs, CPUs int
	// MemoryMiB is exact where not 0; else it is MemoryMillionths of the share, or
	// all that is left where that is 0 too.
	MemoryMiB        uint64
	MemoryMillionths uint64
	// DataGiB is the size of a second disk, 0 for none.
	DataGiB        uint64
	Desc           string
	AuthorizedKeys []string
	Warnings       []notice.Notice
}

// check checks what can be decided without the machine.
func (o Order) check() error {
	if len(o.Ports) == 0 || len(o.Ports) > MaxPorts {
		return refuse(ErrInvalid, "custom_port", len(o.Ports), fmt.Sprintf("at most %d ports in all", MaxPorts), "publish fewer")
	}
	if err := checkNames(o.Ports); err != nil {
		return err
	}
	if len(o.Desc) > MaxDesc || strings.ContainsFunc(o.Desc, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return refuse(ErrInvalid, "desc", len(o.Desc), fmt.Sprintf("%d bytes in one line", MaxDesc), "shorten it")
	}
	if len(o.AuthorizedKeys) > MaxKeys {
		return refuse(ErrInvalid, "ssh_public_keys", len(o.AuthorizedKeys), fmt.Sprintf("%d keys", MaxKeys), "give fewer")
	}
	for _, line := range o.AuthorizedKeys {
		var wrong *sshkey.Error
		if _, err := sshkey.Parse(line); errors.As(err, &wrong) {
			return refuse(ErrInvalid, "ssh_public_keys", line, "one public key a string: "+wrong.What(), wrong.Remedy())
		}
	}
	return nil
}

// portName is the form of a published port's name.
var portName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// checkNames refuses ports by whose names they can't be told apart, or without SSH's.
func checkNames(ports []journal.Port) error {
	for i, p := range ports {
		if !portName.MatchString(p.Name) || journal.FindPort(ports, p.Name) != i {
			return refuse(ErrInvalid, portField(p), p.Name, "names of 1 to 32 of a-z, 0-9 and -, each once", "give the port another name")
		}
	}
	if journal.FindPort(ports, journal.PortSSH) < 0 {
		return refuse(ErrInvalid, "ssh_port", "none", "a port by which the renter logs in", "publish the guest's port 22")
	}
	return nil
}

// findImage returns an error that names the image in the renter's words where there is
// none.
func (h *Host) findImage(ctx context.Context, name string) (image.Image, error) {
	img, err := h.deps.Images.Find(ctx, name)
	switch {
	case errors.Is(err, image.ErrName):
		return img, refuse(ErrInvalid, "image_name", name, "a file name that ends in .qcow2", "the machine lists its images")
	case errors.Is(err, image.ErrNotFound), errors.Is(err, image.ErrUnsafe):
		return img, refuse(ErrImage, "image_name", name, "one of the images that the machine lists", "choose one of them")
	case err != nil:
		return img, fmt.Errorf("find image: %w", err)
	}
	return img, nil
}
