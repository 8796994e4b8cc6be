package main

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/devnet"
	"github.com/dbc-network/dbc/test/computer"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
	"github.com/dbc-network/dbc/x/rental"
)

// pairLimit ends a pair that hangs.
const pairLimit = 5 * time.Minute

// sums are the times of all pairs.
type sums struct {
	rent, accepted, running, login, whole times
	virsh, define, start, virshLogin      times
	bare                                  times
	// The emulators' processor time until the login.
	cpu, virshCPU, bareCPU times
	// node is the compute node's processor time during that.
	node  times
	steps map[string]times
}

// bench is a running devnet and what a renter needs on it.
type bench struct {
	info   devnet.Info
	chain  *chain.Client
	ring   *market.Keyring
	driver *libvirt.Driver
	signer ssh.Signer
	port   uint16
}

// pairs runs a devnet and measures on it.
func pairs(ctx context.Context, cfg config, t computer.Table) (err error) {
	home, err := os.MkdirTemp("", "dbc-benchvm-")
	if err != nil {
		return err
	}
	defer func() {
		clean := context.WithoutCancel(ctx)
		err = errors.Join(err, devnet.Reset(clean, home, cfg.programs), os.RemoveAll(home))
	}()
	return devnet.Run(ctx, devnet.Config{Home: home, Programs: cfg.programs}, func(ctx context.Context, info devnet.Info) error {
		if err := onDevnet(ctx, cfg, t, info); err != nil {
			return err
		}
		return devnet.ErrEnough
	})
}

func onDevnet(ctx context.Context, cfg config, t computer.Table, info devnet.Info) (err error) {
	before, err := computer.MemoryOf(info.Processes["node"].PID)
	if err != nil {
		return err
	}
	t.Row("resident memory of the idle compute node, before its first VM (budget ≤ 100 MiB)", "%v", before)
	m, err := openMarket(ctx, info)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	all := sums{steps: map[string]times{}}
	for n := range cfg.pairs + 1 {
		warm := sums{steps: map[string]times{}}
		into := &all
		if n == 0 {
			into = &warm // reads image and programs from the disk
		}
		pair, cancel := context.WithTimeout(ctx, pairLimit)
		err := m.pair(pair, n, into)
		cancel()
		if err != nil {
			return fmt.Errorf("pair %d: %w", n, err)
		}
	}
	all.write(t)
	after, err := computer.MemoryOf(info.Processes["node"].PID)
	if err != nil {
		return err
	}
	t.Row("the same after all of them were created and deleted", "%v", after)
	return nil
}

func (s sums) write(t computer.Table) {
	t.Row("RentMachine sent → in a block; median; lowest; highest", "%s", s.rent)
	t.Row("create sent → accepted", "%s", s.accepted)
	t.Row("create accepted → domain running, image cached", "%s", s.running)
	t.Row("virsh define and virsh start of the same XML; of these define; start", "%s / %s / %s", s.virsh, s.define, s.start)
	t.Row("create accepted → domain running ÷ virsh, medians (budget ≤ 1.3)", "%s", ratio(s.running.median(), s.virsh.median()))
	for _, name := range stepNames {
		t.Row("step "+name+", as the VM reports it", "%s", s.steps[name])
	}
	t.Row("create sent → login", "%s", s.login)
	t.Row("RentMachine sent → login", "%s", s.whole)
	t.Row("the same XML, virsh start → login", "%s", s.virshLogin)
	t.Row("the same QEMU arguments, started directly → login", "%s", s.bare)
	t.Row("rent to login without the rent's block ÷ QEMU alone, medians (budget ≤ 1.15)", "%s", ratio(s.login.median(), s.bare.median()))
	t.Row("the same of each pair", "%s", strings.Join(ratios(s.login, s.bare), ", "))
	t.Row("the emulator's processor time until the login: ours / by virsh / alone", "%s / %s / %s", s.cpu, s.virshCPU, s.bareCPU)
	t.Row("the compute node's own processor time in that time", "%s", s.node)
	t.Row("ours ÷ alone by the emulator's processor time, medians", "%s", ratio(s.cpu.median(), s.bareCPU.median()))
}

func openMarket(ctx context.Context, info devnet.Info) (m *bench, err error) {
	m = &bench{info: info}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.close())
		}
	}()
	if m.chain, err = chain.Dial(ctx, chain.Config{ChainID: info.ChainID, GRPC: info.GRPC, RPC: info.RPC}); err != nil {
		return nil, err
	}
	if m.ring, err = market.OpenKeyring(info.Home, market.Backend(info.ChainID), nil); err != nil {
		return nil, err
	}
	head, err := m.chain.Head(ctx)
	if err != nil {
		return nil, err
	}
	listing, err := m.chain.Machine(ctx, info.MachineID)
	if err != nil {
		return nil, err
	}
	m.port = uint16(listing.Machine.Facts.PortFirst) //nolint:gosec // a port
	// Use the node's own mark to see its domains; nothing is done to them.
	m.driver, err = libvirt.Open(ctx, libvirt.Config{
		Socket: socketOf(info.Virsh), Owner: info.MachineID + "." + hex.EncodeToString(head.GenesisHash[:]),
		Emulation: true, Cache: filepath.Join(info.DataDir, "run"),
	})
	if err != nil {
		return nil, err
	}
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	m.signer, err = ssh.NewSignerFromKey(private)
	return m, err
}

func (m *bench) close() error {
	var errs []error
	if m.driver != nil {
		errs = append(errs, m.driver.Close())
	}
	if m.chain != nil {
		errs = append(errs, m.chain.Close())
	}
	return errors.Join(errs...)
}

// pair rents and logs in, then lets virsh and QEMU alone do the same. Each pair
// has its own renter, who cancels: a second trial would be refused.
func (m *bench) pair(ctx context.Context, n int, into *sums) error {
	wallet, _, err := m.ring.Create("bench-" + strconv.Itoa(n))
	if err != nil {
		return err
	}
	if _, err := devnet.Fund(ctx, m.chain, m.ring, wallet.Address(), 1_000_000_000); err != nil {
		return err
	}
	renter := market.Renter{Chain: m.chain, Wallet: wallet}
	node, err := client.NewNode(client.NodeConfig{
		URL: m.info.Client, ChainID: m.info.ChainID, MachineID: m.info.MachineID, Signer: wallet,
	})
	if err != nil {
		return err
	}
	rentID, g, err := m.ours(ctx, renter, node, into)
	if err != nil {
		return fmt.Errorf("ours: %w", err)
	}
	if err := m.others(ctx, g, into); err != nil {
		return err
	}
	if err := node.DeleteTask(ctx, g.task.TaskID); err != nil {
		return err
	}
	if err := m.await(ctx, func(list []vm.Domain) bool { return len(list) == 0 }); err != nil {
		return err
	}
	_, err = renter.Cancel(ctx, rentID, rental.CAUSE_CHANGED_MIND)
	return err
}

// ours is the product's way. The guest is off when it returns.
func (m *bench) ours(ctx context.Context, renter market.Renter, node *client.Node, into *sums) (rentID uint64, g guest, err error) {
	order := market.Order{MachineID: m.info.MachineID, Seconds: 3600, Slots: 1}
	quote, err := renter.Quote(ctx, order)
	if err != nil {
		return 0, g, err
	}
	begun := time.Now()
	rented, err := renter.Rent(ctx, order, quote)
	if err != nil {
		return 0, g, err
	}
	sent := time.Now()
	nodeBefore, err := processorTime(m.info.Processes["node"].PID)
	if err != nil {
		return 0, g, err
	}
	task, err := node.CreateTask(ctx, api.Create{
		RentOrder: api.Text(strconv.FormatUint(rented.RentID, 10)), ImageName: "tiny.qcow2",
		SSHPort: api.Text(strconv.Itoa(int(m.port))), SSHPublicKeys: []string{strings.TrimSpace(string(ssh.MarshalAuthorizedKey(m.signer.PublicKey())))},
	})
	if err != nil {
		return 0, g, err
	}
	accepted := time.Now()
	if err := m.await(ctx, isRunning); err != nil {
		return 0, g, err
	}
	running := time.Now()
	in := login{port: m.port, user: task.UserName, signer: m.signer, keys: task.SSHHostKeys}
	if err := in.await(ctx); err != nil {
		return 0, g, err
	}
	done := time.Now()
	if g, err = m.look(ctx, task, in); err != nil {
		return 0, g, err
	}
	nodeAfter, err := processorTime(m.info.Processes["node"].PID)
	if err != nil {
		return 0, g, err
	}
	into.cpu = append(into.cpu, g.cpu)
	into.node = append(into.node, nodeAfter-nodeBefore)
	into.rent = append(into.rent, sent.Sub(begun))
	into.accepted = append(into.accepted, accepted.Sub(sent))
	into.running = append(into.running, running.Sub(accepted))
	into.login = append(into.login, done.Sub(sent))
	into.whole = append(into.whole, done.Sub(begun))
	if task, err = node.WaitTask(ctx, task.TaskID, client.StatusRunning, nil); err != nil {
		return 0, g, err
	}
	for _, step := range task.Steps {
		if step.TookMS != nil {
			into.steps[step.Name] = append(into.steps[step.Name], time.Duration(*step.TookMS)*time.Millisecond)
		}
	}
	g.task = task
	if err := node.PoweroffTask(ctx, task.TaskID); err != nil {
		return 0, g, err
	}
	return rented.RentID, g, m.await(ctx, func(list []vm.Domain) bool { return len(list) == 1 && list[0].State == vm.StateOff })
}

func isRunning(list []vm.Domain) bool { return len(list) == 1 && list[0].State == vm.StateRunning }

// await waits until so holds for the node's domains; libvirt says when to check
// again.
func (m *bench) await(ctx context.Context, so func([]vm.Domain) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes, err := m.driver.Watch(ctx)
	if err != nil {
		return err
	}
	for {
		list, err := m.driver.List(ctx)
		if err != nil {
			return err
		}
		if so(list) {
			return nil
		}
		if _, open := <-changes; !open {
			return ctx.Err()
		}
	}
}
