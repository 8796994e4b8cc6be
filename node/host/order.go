package host

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/notice"
	"github.com/dbc-network/dbc/node/trust"
	"github.com/dbc-network/dbc/seed/sshkey"
)

// The bounds of an order.
const (
	MaxPorts = 100
	MaxKeys  = sshkey.MaxKeys
	MaxDesc  = 256
	// minMemoryMiB is the least a guest boots with.
	minMemoryMiB = 128
	// minSystemGiB is the least a system disk is cut to; images grow into it.
	minSystemGiB = 10
)

// What a VM boots by, in the original's words.
const (
	BootLegacy = "legacy"
	BootUEFI   = "uefi"
)

// BootOf is what a task's VM boots by.
func BootOf(t journal.Task) string {
	if t.UEFI {
		return BootUEFI
	}
	return BootLegacy
}

// All asks for all that is left of the share.
const All = -1

// Order is what a renter wants of a VM, parsed.
type Order struct {
	// TaskID is "" for a made one.
	TaskID string
	Rental trust.Rental
	// RestoreTaskID names a closed task of the renter whose kept disks the VM
	// takes over; Image is that task's then. "" for new disks.
	RestoreTaskID string
	Image         string
	// Boot is BootLegacy or BootUEFI; "" is BootLegacy, or what kept disks boot by.
	Boot string
	// Ports begin with the one that leads to the guest's port 22.
	Ports []journal.Port
	// GPUs and CPUs may be All.
	GPUs, CPUs int
	// MemoryMiB is exact where not 0; else MemoryMillionths of the share, or
	// all that is left where that is 0 too.
	MemoryMiB        uint64
	MemoryMillionths uint64
	// DataGiB is the size of a second disk, 0 for none.
	DataGiB        uint64
	Desc           string
	AuthorizedKeys []string
	Warnings       []notice.Notice
}

// check is what can be told without the machine.
func (o Order) check() error {
	if len(o.Ports) == 0 || len(o.Ports) > MaxPorts {
		return refuse(ErrInvalid, "custom_port", len(o.Ports), fmt.Sprintf("at most %d ports in all", MaxPorts), "publish fewer")
	}
	if len(o.Desc) > MaxDesc || strings.ContainsFunc(o.Desc, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return refuse(ErrInvalid, "desc", len(o.Desc), fmt.Sprintf("%d bytes in one line", MaxDesc), "shorten it")
	}
	if o.Boot != "" && o.Boot != BootLegacy && o.Boot != BootUEFI {
		return refuse(ErrInvalid, "bios_mode", o.Boot, BootLegacy+" or "+BootUEFI, "leave it out for "+BootLegacy)
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

// findImage names the image in the renter's words where there is none.
func (h *Host) findImage(ctx context.Context, name string) (image.Image, error) {
	img, err := h.deps.Images.Find(ctx, name)
	switch {
	case errors.Is(err, image.ErrName):
		return img, refuse(ErrInvalid, "image_name", name, "a file name that ends in .qcow2", "see the images of /mining_nodes")
	case errors.Is(err, image.ErrNotFound), errors.Is(err, image.ErrUnsafe):
		return img, refuse(ErrImage, "image_name", name, "the images of /mining_nodes", "choose one of them")
	case err != nil:
		return img, fmt.Errorf("find image: %w", err)
	}
	return img, nil
}
