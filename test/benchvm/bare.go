package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/vm"
)

// guest is what is known about a running VM, so that others can run the same.
type guest struct {
	task   api.Task
	in     login
	domain vm.Domain
	xml    string
	// argv has the emulator's arguments.
	argv []string
	// folder is the VM's folder, with its disks.
	folder string
	// cpu is the emulator's processor time so far.
	cpu time.Duration
}

func socketOf(uri string) string {
	_, socket, _ := strings.Cut(uri, "socket=")
	return socket
}

func (m *bench) virsh(ctx context.Context, args ...string) (string, error) {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "virsh", append([]string{"-q", "-c", m.info.Virsh}, args...)...) //nolint:gosec // no shell, names of ours
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("virsh %s: %w: %s", args[0], err, said.String())
	}
	return string(out), nil
}

// look records how the only running guest was started.
func (m *bench) look(ctx context.Context, task api.Task, in login) (g guest, err error) {
	list, err := m.driver.List(ctx)
	if err != nil {
		return g, err
	}
	if !isRunning(list) {
		return g, fmt.Errorf("domains %+v, want one that runs", list)
	}
	g = guest{task: task, in: in, domain: list[0], folder: filepath.Join(m.info.DataDir, "tasks", task.TaskID)}
	if g.xml, err = m.virsh(ctx, "dumpxml", "--inactive", g.domain.Name); err != nil {
		return g, err
	}
	pid, err := m.emulator(g.domain.Name)
	if err != nil {
		return g, err
	}
	if g.cpu, err = processorTime(pid); err != nil {
		return g, err
	}
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	g.argv = strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
	return g, err
}

// emulator returns the process of a running domain.
func (m *bench) emulator(domain string) (pid int, err error) {
	text, err := os.ReadFile(filepath.Join(m.info.DataDir, "libvirt", "run", "qemu", domain+".pid"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// others run the same guest while ours is off: on similar disks, and on its
// card, whose rules still exist.
func (m *bench) others(ctx context.Context, g guest, into *sums) error {
	dir, err := os.MkdirTemp(m.info.DataDir, "bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // QEMU's user passes it
		return err
	}
	if err := m.byVirsh(ctx, g, dir, into); err != nil {
		return fmt.Errorf("virsh: %w", err)
	}
	if err := m.byHand(ctx, g, dir, into); err != nil {
		return fmt.Errorf("QEMU alone: %w", err)
	}
	return nil
}

func (m *bench) addProcessorTime(domain string, to *times) error {
	pid, err := m.emulator(domain)
	if err != nil {
		return err
	}
	cpu, err := processorTime(pid)
	*to = append(*to, cpu)
	return err
}

// overlay creates a fresh system disk like the guest's.
func (m *bench) overlay(ctx context.Context, g guest, path string) error {
	base, err := image.Open(filepath.Join(m.info.DataDir, "images")).Find(ctx, g.task.ImageName)
	if err != nil {
		return err
	}
	gib, err := strconv.ParseInt(strings.TrimSuffix(g.task.DiskSystem, "G"), 10, 64)
	if err != nil {
		return err
	}
	return image.Overlay(ctx, base, path, gib<<30)
}

// byVirsh defines and starts the same XML under another name, on a fresh disk,
// and logs in.
func (m *bench) byVirsh(ctx context.Context, g guest, dir string, into *sums) error {
	const name, uuid = "bench-virsh", "b0000000-0000-4000-8000-000000000001"
	disk, file := filepath.Join(dir, "virsh.qcow2"), filepath.Join(dir, "domain.xml")
	if err := m.overlay(ctx, g, disk); err != nil {
		return err
	}
	var domain libvirtxml.Domain
	if err := domain.Unmarshal(g.xml); err != nil {
		return err
	}
	domain.Name, domain.UUID = name, uuid
	domain.Metadata = nil // the node's mark: the node would stop a domain that it does not know
	domain.Devices.Disks[0].Source.File.File = disk
	text, err := domain.Marshal()
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	begun := time.Now()
	if _, err := m.virsh(ctx, "define", file); err != nil {
		return err
	}
	defined := time.Now()
	_, err = m.virsh(ctx, "start", name)
	started := time.Now()
	if err == nil {
		if err = g.in.await(ctx); err == nil {
			into.virshLogin = append(into.virshLogin, time.Since(defined))
			err = m.addProcessorTime(name, &into.virshCPU)
		}
		into.define = append(into.define, defined.Sub(begun))
		into.start = append(into.start, started.Sub(defined))
		into.virsh = append(into.virsh, started.Sub(begun))
		_, destroyErr := m.virsh(ctx, "destroy", name)
		err = errors.Join(err, destroyErr)
	}
	_, undefineErr := m.virsh(ctx, "undefine", name)
	return errors.Join(err, undefineErr)
}

// byHand starts the emulator itself and logs in.
func (m *bench) byHand(ctx context.Context, g guest, dir string, into *sums) (err error) {
	disk := filepath.Join(dir, "bare.qcow2")
	if err := m.overlay(ctx, g, disk); err != nil {
		return err
	}
	card, err := m.addCard(g)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, netlink.LinkDel(card)) }()
	argv, err := alone(g.argv, card.Attrs().Name, dir, map[string]string{filepath.Join(g.folder, "system.qcow2"): disk})
	if err != nil {
		return err
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the arguments that libvirt gave it
	cmd.Stdout, cmd.Stderr = &said, &said
	// Like libvirt, because the scheduler distributes processor time by
	// session.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	trying, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cancel(fmt.Errorf("it ended: %w", cmd.Wait()))
	}()
	err = g.in.await(trying)
	into.bare = append(into.bare, time.Since(begun))
	if cpu, cpuErr := processorTime(cmd.Process.Pid); err == nil && cpuErr == nil {
		into.bareCPU = append(into.bareCPU, cpu)
	}
	_ = cmd.Process.Kill()
	<-ended
	if err != nil {
		return fmt.Errorf("%w: %s", err, said.String())
	}
	return nil
}

// addCard creates the same card as libvirt did, with the same name and bridge.
func (m *bench) addCard(g guest) (netlink.Link, error) {
	var domain libvirtxml.Domain
	if err := domain.Unmarshal(g.xml); err != nil {
		return nil, err
	}
	bridge, err := netlink.LinkByName(m.info.Bridge)
	if err != nil {
		return nil, err
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name = domain.Devices.Interfaces[0].Target.Dev
	card := &netlink.Tuntap{LinkAttrs: attrs, Mode: netlink.TUNTAP_MODE_TAP, Flags: netlink.TUNTAP_NO_PI | netlink.TUNTAP_VNET_HDR}
	if err := netlink.LinkAdd(card); err != nil {
		return nil, fmt.Errorf("add the card: %w", err)
	}
	for _, do := range []func() error{
		func() error { return netlink.LinkSetMaster(card, bridge) },
		func() error { return netlink.LinkSetIsolated(card, true) },
		func() error { return netlink.LinkSetUp(card) },
	} {
		if err := do(); err != nil {
			return nil, errors.Join(fmt.Errorf("put the card on the bridge: %w", err), netlink.LinkDel(card))
		}
	}
	return card, nil
}
