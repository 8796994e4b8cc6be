package devnet

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// slots of the simulated machine: two, so that two rentals can coexist.
	slots = 2
	// pricePerDay is in udbc per slot.
	pricePerDay = 100 * dbc
	// exitNotice in seconds is the shortest, so that leaving can be tried.
	exitNotice = uint64(rental.MinExitNotice / time.Second)
	// slotMemory is the memory of a slot in MiB if the computer has that much.
	slotMemory = 2048
)

func (d *devnet) logFile(name string) string { return filepath.Join(d.paths.logs, name+".log") }

func (d *devnet) keys() string { return filepath.Join(d.cfg.Home, "keys") }

// configureNode writes the mining node's configuration, with the lines of own. Ports and
// socket may differ from the last start, so it is rewritten each time; the key is kept.
func (d *devnet) configureNode(ctx context.Context, own map[string]string) error {
	inventory, err := hw.Read(ctx, hw.Config{})
	if err != nil {
		return fmt.Errorf("read this computer: %w", err)
	}
	if err := os.Remove(filepath.Join(d.paths.mining, conf.ConfFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("replace the node's configuration: %w", err)
	}
	port := func(p uint16) string { return strconv.Itoa(int(p)) }
	lines := map[string]string{
		"chain_id": ChainID, "chain_grpc": d.info.GRPC, "chain_rpc": d.info.RPC,
		"net_listen_ip": "127.0.0.1", "net_listen_port": port(d.ports.NodeP2P), "http_port": port(d.ports.Node),
		"public_ip": "127.0.0.1", "port_first": port(d.ports.First), "port_last": port(d.ports.Last),
		"data_dir": d.info.DataDir, "guest_cidr": d.info.GuestCIDR,
		"host_cpus":       strconv.Itoa(max(0, inventory.Cores-2*slots)),
		"host_memory_mib": strconv.FormatUint(hostMemory(inventory.MemoryMiB), 10),
		// The wallets belong to the caller; the node, as root, only reads them.
		"operator_key": Operator, "keyring_dir": d.keys(),
		"test_slots": strconv.Itoa(slots),
	}
	maps.Copy(lines, own)
	k, err := node.Init(d.paths.mining, conf.RoleMining, lines)
	if err != nil {
		return fmt.Errorf("configure the node: %w", err)
	}
	d.info.MachineID = k.MachineID()
	return nil
}

// hostMemory keeps a small computer usable: guests get at most half of its
// memory.
func hostMemory(total uint64) uint64 { return total - min(slots*slotMemory, total/2) }

// startNode bonds the machine and starts its node concurrently.
func (d *devnet) startNode(ctx context.Context) error {
	head, err := d.chain.Head(ctx)
	if err != nil {
		return err
	}
	d.info.Bridge = names.Binding{
		ChainID: ChainID, GenesisHash: hex.EncodeToString(head.GenesisHash[:]), MachineID: d.info.MachineID,
	}.Bridge()
	if err := d.side.send(order{Do: "node", Bridge: d.info.Bridge, CIDR: d.info.GuestCIDR}); err != nil {
		return err
	}
	w, err := d.side.await(ctx, "node")
	if err != nil {
		return err
	}
	d.info.Processes["privileged"], d.info.Processes["node"] = d.side.Process, w.Node
	if err := d.bond(ctx); err != nil {
		return err
	}
	return d.awaitNode(ctx)
}

// awaitNode returns when the node's API answers and the node trusts the chain,
// without which it would grant nothing.
func (d *devnet) awaitNode(ctx context.Context) error {
	var told error
	err := until(ctx, "the node's API", d.side.child, func() bool {
		select {
		case w := <-d.side.reports:
			told = errors.New(w.Error)
			return true
		default:
			return answers(ctx, d.info.Node, func(r api.Root) bool { return r.Doubt == "" })
		}
	})
	return errors.Join(err, told)
}

// bond registers the machine unless it is registered already, as after a
// restart.
func (d *devnet) bond(ctx context.Context) error {
	_, err := d.chain.Machine(ctx, d.info.MachineID)
	if !errors.Is(err, chain.ErrNotFound) {
		return err
	}
	h, err := host.Open(d.paths.mining)
	if err != nil {
		return err
	}
	owner, err := d.ring.Wallet(Owner)
	if err != nil {
		return err
	}
	offer, err := h.Offer(ctx)
	if err != nil {
		return err
	}
	bond, err := h.Bond(ctx, d.chain, host.Terms{
		Offer: offer,
		Owner: owner.Address(), Operator: d.info.Accounts[Operator], Payout: d.info.Accounts[Payout],
		PricePerDay: pricePerDay, ExitNoticeSeconds: exitNotice,
	})
	if err != nil {
		return err
	}
	_, err = d.chain.Broadcast(ctx, owner, &machine.MsgBondMachines{
		Owner: owner.Address(), Bonds: []machine.Bond{bond},
	})
	return err
}

// list opens the machine for rentals.
func (d *devnet) list(ctx context.Context) error {
	listed, err := d.chain.Machine(ctx, d.info.MachineID)
	if err != nil {
		return err
	}
	if listed.Machine.State == machine.MACHINE_STATE_ONLINE {
		return nil
	}
	h, err := host.Open(d.paths.mining)
	if err != nil {
		return err
	}
	operator, err := d.ring.Wallet(Operator)
	if err != nil {
		return err
	}
	online, err := h.Online(ctx, d.chain, operator.Address())
	if err != nil {
		return err
	}
	_, err = d.chain.Broadcast(ctx, operator, online)
	return err
}
