package vfio

import (
	"errors"
	"fmt"
	"os"
	"path"
	"runtime"
	"slices"
	"syscall"
	"time"
	"unsafe"

	"github.com/dbc-network/dbc/hw/pci"
)

// The ioctl requests of VFIO, from the kernel's include/uapi/linux/vfio.h.
const (
	vfioBase          = ';'<<8 + 100
	setIOMMU          = vfioBase + 2
	groupSetContainer = vfioBase + 4
	groupGetDevice    = vfioBase + 6
	getHotResetInfo   = vfioBase + 12
	hotResetRequest   = vfioBase + 13
	type1             = 1
	// maxHit bounds how many devices a hot reset may affect.
	maxHit = 256
)

type hotInfo struct {
	argsz, flags, count uint32
	devices             [maxHit]struct {
		group   uint32
		segment uint16
		bus     uint8
		devfn   uint8
	}
}

// busyLimit is how long to wait for an open group: an emulator that was killed,
// or the reset of a killed program, is about to release it.
const busyLimit, busyPause = 15 * time.Second, 50 * time.Millisecond

func openGroup(root *os.Root, group string) (*os.File, error) {
	pause := time.NewTicker(busyPause)
	defer pause.Stop()
	for limit := time.Now().Add(busyLimit); ; <-pause.C {
		f, err := root.OpenFile(path.Join("dev/vfio", group), os.O_RDWR, 0)
		if !errors.Is(err, syscall.EBUSY) {
			return f, err
		}
		if time.Now().After(limit) {
			return nil, fmt.Errorf("%w: %w", ErrBusy, err)
		}
	}
}

// hotReset resets everything below the port of the first function, which must
// be among the functions. All of them must be bound to vfio-pci: the kernel
// refuses if one merely has no driver.
func hotReset(root *os.Root, functions []pci.Address) error {
	container, err := root.OpenFile("dev/vfio/vfio", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = container.Close() }()
	var numbers []string
	var groups []*os.File
	defer func() {
		for _, g := range groups {
			_ = g.Close()
		}
	}()
	for _, at := range functions {
		number, err := groupOf(root, at)
		if err != nil {
			return err
		}
		if slices.Contains(numbers, number) {
			continue
		}
		g, err := openGroup(root, number)
		if err != nil {
			return err
		}
		numbers, groups = append(numbers, number), append(groups, g)
		fd := int32(container.Fd())
		if _, err := ioctl(g, groupSetContainer, unsafe.Pointer(&fd)); err != nil {
			return fmt.Errorf("set the container of group %s: %w", number, err)
		}
	}
	if _, _, no := syscall.Syscall(syscall.SYS_IOCTL, container.Fd(), setIOMMU, type1); no != 0 {
		return fmt.Errorf("set the kind of IOMMU: %w", no)
	}
	name := append([]byte(functions[0].String()), 0)
	fd, err := ioctl(groups[0], groupGetDevice, unsafe.Pointer(&name[0]))
	if err != nil {
		return fmt.Errorf("open the function: %w", err)
	}
	device := os.NewFile(fd, functions[0].String())
	defer func() { _ = device.Close() }()
	if err := hits(device, functions); err != nil {
		return err
	}
	return request(device, groups)
}

// hits refuses a reset that would affect devices that are not among the functions.
func hits(device *os.File, functions []pci.Address) error {
	info := &hotInfo{}
	info.argsz = uint32(unsafe.Sizeof(*info))
	if _, err := ioctl(device, getHotResetInfo, unsafe.Pointer(info)); err != nil {
		return fmt.Errorf("ask what the reset would hit: %w", err)
	}
	if info.count > maxHit {
		return fmt.Errorf("%w: %d devices", ErrHits, info.count)
	}
	for _, d := range info.devices[:info.count] {
		at := pci.Address{Domain: uint32(d.segment), Bus: d.bus, Device: d.devfn >> 3, Function: d.devfn & 7}
		if !slices.Contains(functions, at) {
			return fmt.Errorf("%w: %s", ErrHits, at)
		}
	}
	return nil
}

func request(device *os.File, groups []*os.File) error {
	// argsz, flags, count, and a file descriptor for each group.
	words := []uint32{uint32(4 * (3 + len(groups))), 0, uint32(len(groups))}
	for _, g := range groups {
		words = append(words, uint32(g.Fd()))
	}
	if _, err := ioctl(device, hotResetRequest, unsafe.Pointer(&words[0])); err != nil {
		return fmt.Errorf("hot reset: %w", err)
	}
	return nil
}

func ioctl(f *os.File, number uintptr, argument unsafe.Pointer) (uintptr, error) {
	result, _, no := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), number, uintptr(argument))
	runtime.KeepAlive(f)
	if no != 0 {
		return 0, no
	}
	return result, nil
}
