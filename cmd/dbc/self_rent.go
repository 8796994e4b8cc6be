//go:build linux

package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	// selfCreateLimit bounds the time until a VM runs: its memory is pinned, and
	// emulated guests are slow. The trial window is longer.
	selfCreateLimit = 20 * time.Minute
	// settleLimit bounds the wait for the resets afterwards, settlePoll is the pause
	// between two checks.
	settleLimit = 10 * time.Minute
	settlePoll  = time.Second
)

// rentSelf rents slots of this computer's machine to the wallet on trial, checks
// them from inside, and waits for the cards to come back.
func rentSelf(s *settings, cmd *cobra.Command, f doctorFlags) (*host.SelfRented, []doctor.Finding, error) {
	h, err := openHost(s, f.nodeHome)
	if err != nil {
		return nil, nil, err
	}
	renter, c, err := s.renter(cmd)
	if err != nil {
		return nil, nil, err
	}
	params, err := c.Params(cmd.Context())
	if err != nil {
		return nil, nil, err
	}
	if err := s.sure(cmd, fmt.Sprintf("Wallet %s (%s) rents %d slots of this machine on trial. The rent comes back at its end; of the fee, %s or more, half goes to the "+
		"machine's payout address and half is spent, as gas is. For %s afterwards this wallet can't begin another trial of this machine.",
		renter.Wallet.Name, renter.Wallet.Address(), f.slots, client.FormatDBC(params.Fee), params.TrialCooldown)); err != nil {
		return nil, nil, err
	}
	home, err := s.homeDir()
	if err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make dbc's folder: %w", err)
	}
	guest, err := newSelfGuest(s, cmd, h, c, renter.Wallet, f.image)
	if err != nil {
		return nil, nil, err
	}
	defer guest.remove()
	wait := newWaiting(s, cmd)
	defer wait.end()
	done, findings, err := host.SelfRent{
		Records: home, Renter: renter, Address: renter.Wallet.Address(), Cooldown: params.TrialCooldown,
		Head: c.Head, Rental: c.Rental, Ready: guest.ready, Create: guest.create, Look: guest.look, Say: wait.say,
	}.Run(cmd.Context(), market.Order{MachineID: h.Key.MachineID(), Seconds: selfSeconds(params), Slots: f.slots})
	if err != nil {
		return &done, findings, err
	}
	wait.say("waiting for the cards' resets")
	after, err := settledBefore(cmd.Context(), s, h)
	return &done, append(findings, after...), err
}

// selfSeconds is a duration longer than the trial; all of its rent is refunded.
func selfSeconds(p rental.Params) uint64 {
	units := (max(p.MinDuration, p.TrialWindow) + p.DurationUnit - 1) / p.DurationUnit
	return uint64(min(units*p.DurationUnit, p.MaxDuration) / time.Second)
}

// settledBefore waits until no card is being reset, and fails if any did not come back.
func settledBefore(ctx context.Context, s *settings, h *host.Host) (list []doctor.Finding, err error) {
	if h.Config.HelperSocket == "" {
		return nil, nil // the node has its cards to itself
	}
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	err = askHelper(s, h.Config.Home, func(c *helper.Client) error {
		for again := time.NewTicker(settlePoll); ; {
			slots, err := c.Slots(ctx)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(slots, func(slot vm.Slot) bool { return slot.State == vm.SlotResetting }) {
				list = afterwards(slots)
				return nil
			}
			select {
			case <-again.C:
			case <-ctx.Done():
				return fmt.Errorf("wait for the cards' resets: %w", context.Cause(ctx))
			}
		}
	})
	return list, err
}

func afterwards(slots []vm.Slot) (list []doctor.Finding) {
	for _, slot := range slots {
		f := doctor.Finding{Check: host.CheckSelfRent, Level: doctor.Pass, Device: "slot " + strconv.FormatUint(uint64(slot.Index), 10), Read: map[string]string{"state": string(slot.State)}}
		if slot.State == vm.SlotQuarantined {
			f.Level, f.Read["step"], f.Read["fault"] = doctor.Fail, "reset", slot.Fault
			addParams(f.Read, slot.Params)
		}
		list = append(list, f)
	}
	return list
}

// selfGuest is the VM of a self-rent, and the key that logs in to it.
type selfGuest struct {
	s     *settings
	cmd   *cobra.Command
	h     *host.Host
	chain *chain.Client
	node  *client.Node
	// web reaches the node at url.
	web   *http.Client
	url   string
	image string
	dir   string
	// public is the key's line for authorized_keys.
	public string
}

func (g *selfGuest) remove() {
	g.web.CloseIdleConnections()
	_ = os.RemoveAll(g.dir)
}

func (g *selfGuest) key() string { return filepath.Join(g.dir, "id_ed25519") }

// newSelfGuest asks this computer's node directly: no client node has to run here.
func newSelfGuest(s *settings, cmd *cobra.Command, h *host.Host, c *chain.Client, wallet *market.Wallet, image string) (*selfGuest, error) {
	web, url, err := node.OwnAPI(h.Config.Node)
	if err != nil {
		return nil, err
	}
	n, err := client.NewNode(client.NodeConfig{URL: url, ChainID: h.Config.ChainID, MachineID: h.Key.MachineID(), Signer: wallet, HTTP: web})
	if err != nil {
		return nil, err
	}
	g := &selfGuest{s: s, cmd: cmd, h: h, chain: c, node: n, web: web, url: url, image: image}
	if g.dir, err = os.MkdirTemp("", "dbc-self-rent-"); err != nil {
		return nil, fmt.Errorf("make a key for the guest: %w", err)
	}
	if err := g.makeKey(); err != nil {
		g.remove()
		return nil, err
	}
	return g, nil
}

func (g *selfGuest) makeKey() error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key for the guest: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return fmt.Errorf("make a key for the guest: %w", err)
	}
	line, err := ssh.NewPublicKey(public)
	if err != nil {
		return fmt.Errorf("make a key for the guest: %w", err)
	}
	g.public = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(line)))
	if err := os.WriteFile(g.key(), pem.EncodeToMemory(block), 0o600); err != nil {
		return fmt.Errorf("make a key for the guest: %w", err)
	}
	return nil
}

// ready returns why the node would make no VM in the slots.
func (g *selfGuest) ready(ctx context.Context, slots []uint32) error {
	r := readiness{
		config: g.h.Config, chainID: g.s.chainID, machineID: g.h.Key.MachineID(), image: g.image, web: g.web, url: g.url, details: g.node.Details,
		listed: func(ctx context.Context) (machine.Facts, error) {
			listed, err := g.chain.Machine(ctx, g.h.Key.MachineID())
			return listed.Machine.Facts, err
		},
	}
	if g.h.Config.HelperSocket != "" {
		r.helper = func(ctx context.Context) (slots []vm.Slot, err error) {
			err = askHelper(g.s, g.h.Config.Home, func(c *helper.Client) error {
				slots, err = c.Slots(ctx)
				return err
			})
			return slots, err
		}
	}
	return r.check(ctx, slots)
}

// create makes a VM with all of the rental's share and waits until it runs.
func (g *selfGuest) create(ctx context.Context, rentID uint64) (api.Task, error) {
	ctx, cancel := context.WithTimeout(ctx, selfCreateLimit)
	defer cancel()
	order := api.Create{
		TaskID: api.NewTaskID(), RentOrder: api.Text(strconv.FormatUint(rentID, 10)), ImageName: g.image,
		SSHPublicKeys: []string{g.public}, Desc: "dbc host doctor --self-rent",
	}
	task, err := g.node.CreateTask(ctx, order)
	for again := time.NewTicker(settlePoll); isClearing(err); {
		select {
		case <-again.C:
			task, err = g.node.CreateTask(ctx, order)
		case <-ctx.Done():
			return task, context.Cause(ctx)
		}
	}
	if err != nil {
		return task, err
	}
	return g.node.WaitTask(ctx, task.TaskID, client.StatusRunning, nil)
}

// selfRentText says what it cost.
func selfRentText(w io.Writer, r host.SelfRented) {
	if r.RentID == 0 && r.Left == 0 {
		return // nothing was paid
	}
	what := fmt.Sprintf("rental %d", r.RentID)
	if r.RentID == 0 {
		what = fmt.Sprintf("rental %d of a run that was cut off was ended", r.Left)
	}
	fmt.Fprintf(w, "Self-rent: %s; rent %s, of which %s came back; fee %s, of which %s went to the payout address; gas %s.\n",
		what, client.FormatDBC(r.Rent), client.FormatDBC(r.Refunded), client.FormatDBC(r.Fee), client.FormatDBC(r.FeeToHost), client.FormatDBC(r.Gas))
	if r.RentID != 0 && r.Left != 0 {
		fmt.Fprintf(w, "Rental %d of a run that was cut off was ended first.\n", r.Left)
	}
	if !r.Again.IsZero() {
		fmt.Fprintf(w, "This wallet can begin the next trial of this machine from %s.\n", r.Again.Local().Format(time.DateTime))
	}
}
