package gpu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/vm"
)

// tenant is a rental with its VM, by its renter's wallet.
type tenant struct {
	wallet string
	rent   uint64
	task   string
}

// testMarket: the cards are listed, rented by the slot and given to VMs by the real
// node under its unit, with a chain that it believes. Whatever it is killed at, a
// card is one tenant's; one that does not come back leaves the market, and no other.
func (c *computer) testMarket(t *testing.T) {
	t.Helper()
	c.sell(t)
	// The third card's reset fails, whoever had it: the node takes its slot out.
	c.outOfService(2)
	c.states("ready", "ready", "quarantined RESET_FAILED")
	one, two := c.rent("one"), c.rent("two")
	if out, err := c.chain.try("dbc", c.chain.as("one", "rent", c.machine, "20m", "--slots", "1")...); err == nil || !strings.Contains(err.Error(), "not enough free slots") {
		t.Errorf("a slot was rented twice, or one out of service: %s %v", out, err)
	}
	c.create(&one)
	for _, step := range []struct{ name, begun string }{
		{"reservation", "ls -d /var/lib/dbc/tasks/*"},
		{"definition", "ls /etc/libvirt/qemu/dbc-*.xml"},
		{"start", "ls /run/libvirt/qemu/*dbc-*.pid"},
	} {
		t.Logf("killed after the %s", step.name)
		c.run("until " + step.begun + " >/dev/null 2>&1; do sleep 0.05; done; " + killed("dbc-node"))
	}
	c.sees(t, c.domain(one), "0 1234:1111", "1 8086:293e", "2 1b36:000d")
	c.create(&two)
	c.sees(t, c.domain(two), "0 1af4:1050")
	c.holders(one, two)
	// The helper refuses it, too, whatever the node believes.
	c.done("make c")
	for i, a := range c.node("define c 0", "define c 1", "define c 2") {
		if want := []string{"SLOT_HELD", "SLOT_HELD", "SLOT_QUARANTINED"}[i]; a.Code != want {
			t.Errorf("another VM on slot %d: %q (%s), want %q", i, a.Code, a.Error, want)
		}
	}
	c.quarantine(t, one, two)
	next := c.rent("one")
	c.create(&next)
	c.run("until virsh domstate " + c.domain(next) + " 2>&1 | grep -qx running; do sleep 0.5; done; virsh suspend " + c.domain(next))
	c.holders(next, two)
	// Killed while the card is reset: by the helper, which goes on.
	c.cancel(next)
	c.run(`until grep -q '"resetting"' ` + data + `/cards.json; do sleep 0.05; done; ` + killed("dbc-node"))
	c.cancel(two)
	c.free()
	c.outOfService(2)
	c.run("systemctl stop dbc-node")
}

// sell lists the cards, as a host does whose owner's wallet is elsewhere, and opens
// the machine.
func (c *computer) sell(t *testing.T) {
	t.Helper()
	bond := c.run("dbc host bond --node-home /etc/dbc --price 50 --seq 1 --print --owner " + c.chain.addresses["owner"] + " --operator " + c.chain.addresses[operator])
	file := filepath.Join(c.dir, "bond.json")
	must(t, os.WriteFile(file, []byte(bond), 0o600))
	c.chain.dbc("owner", "host", "bond", "--file", file, "--yes")
	var signed struct {
		MachineID string `json:"machine_id"`
	}
	must(t, json.Unmarshal([]byte(bond), &signed))
	c.machine = signed.MachineID
	var got []string
	for _, s := range c.listed().Machine.Facts.Slots {
		got = append(got, fmt.Sprint(s.Kind, " ", s.Type, " ", s.Memory, " ", s.IDs))
	}
	var want []string
	for card := 1; card <= 3; card++ {
		want = append(want, fmt.Sprintf("SLOT_KIND_GPU NVIDIA L40S 46068 [%s]", uuidOfCard(card)))
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed is %q, want %q", got, want)
	}
	c.run("systemctl start dbc-node; /" + inside + " believes")
	c.run("DBC_PASSPHRASE_FILE=/etc/dbc/passphrase dbc host online --node-home /etc/dbc --home /etc/dbc --wallet " + operator)
	c.ask(&binding, "cat "+data+"/binding.json")
}

// listing is what the chain says of the machine.
type listing struct {
	Machine struct {
		Facts struct {
			Slots []struct {
				Kind   string
				Type   string   `json:"gpu_type"`
				Memory string   `json:"vram_mib"`
				IDs    []string `json:"gpu_ids"`
			}
		}
		Out []uint32 `json:"out_of_service"`
	}
}

func (c *computer) listed() listing {
	c.t.Helper()
	var reply struct{ Listing listing }
	must(c.t, json.Unmarshal([]byte(c.chain.dbcd("query", "machine", "machine", c.machine, "--output", "json")), &reply))
	return reply.Listing
}

// outOfService waits until the chain says so of these slots and no others.
func (c *computer) outOfService(want ...uint32) {
	c.t.Helper()
	began := time.Now()
	untilEvery(c.t, time.Second, fmt.Sprintf("slots %v are out of service on the chain", want), func() bool { return slices.Equal(c.listed().Machine.Out, want) })
	c.t.Logf("slots %v were out of service after %v", want, time.Since(began).Round(time.Second))
}

func (c *computer) rent(wallet string) tenant {
	c.t.Helper()
	var rented struct {
		ID uint64 `json:"rent_id"`
	}
	c.chain.ask(&rented, wallet, "rent", c.machine, "20m", "--slots", "1")
	return tenant{wallet: wallet, rent: rented.ID}
}

// create asks the node for the rental's VM and does not wait for it: its firmware
// sees the card, its system would take too long here.
func (c *computer) create(x *tenant) {
	c.t.Helper()
	key := filepath.Join(c.dir, "key.pub")
	must(c.t, os.WriteFile(key, []byte(aKey+"\n"), 0o600))
	var made struct {
		Task string `json:"task_id"`
	}
	c.chain.ask(&made, x.wallet, "vm", "create", fmt.Sprint(x.rent), "--wait=false", "--mem-rate", "0.25", "--ssh-key", key)
	x.task = made.Task
}

func (c *computer) cancel(x tenant) {
	c.t.Helper()
	c.chain.dbc(x.wallet, "cancel", fmt.Sprint(x.rent), "--cause", "changed-mind")
}

func (c *computer) domain(x tenant) string { return binding.VM(x.rent, x.task).Domain }

// sees waits until a guest's firmware has found the card, and stops its processor:
// each emulated one takes a real one.
func (c *computer) sees(t *testing.T, domain string, want ...string) {
	t.Helper()
	c.seen(t, domain, want...)
	c.run("virsh suspend " + domain)
}

// holders compares the first slots' VMs.
func (c *computer) holders(want ...tenant) {
	c.t.Helper()
	slots := c.node("slots")[0].Slots
	for i, x := range want {
		if id := binding.VM(x.rent, x.task).UUID; slots[i].State != vm.SlotInUse || slots[i].Holder != id {
			c.t.Errorf("slot %d is %+v, want it %s's VM %s", i, slots[i], x.wallet, id)
		}
	}
}

// quarantine: when a tenant goes and the reset fails, the slot leaves the market by
// the operator's key; the other tenant's goes on. The host's check brings it back.
func (c *computer) quarantine(t *testing.T, gone, stays tenant) {
	t.Helper()
	group := c.run("basename $(readlink /sys/bus/pci/devices/0000:01:00.0/iommu_group)")
	// A program that opens the card as soon as the guest has left it.
	c.run("systemd-run -q --unit=holder sh -c 'until (exec 9<>/dev/vfio/" + group + "; exec sleep infinity) 2>/dev/null; do sleep 0.02; done'")
	c.cancel(gone)
	c.outOfService(0, 2)
	slots := c.node("slots")[0].Slots
	if slots[0].State != vm.SlotQuarantined || slots[0].Fault != "IN_USE" || slots[1].State != vm.SlotInUse {
		t.Errorf("the slots are %+v", slots)
	}
	if state := c.run("virsh resume " + c.domain(stays) + " >/dev/null; virsh domstate " + c.domain(stays) + "; virsh suspend " + c.domain(stays) + " >/dev/null"); state != "running" {
		t.Errorf("the other tenant's VM is %s", state)
	}
	c.run("systemctl stop holder; dbc host gpu check 0 --node-home /etc/dbc")
	c.outOfService(2)
}

// free waits until no VM has a card.
func (c *computer) free() {
	c.t.Helper()
	untilEvery(c.t, time.Second, "the cards are free", func() bool {
		return !slices.ContainsFunc(c.node("slots")[0].Slots, func(s vm.Slot) bool { return s.State == vm.SlotInUse })
	})
	c.states("ready", "ready", "quarantined RESET_FAILED")
}

// believe returns when this computer's node believes the chain.
func believe() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	for {
		root, err := askRoot(ctx)
		if err == nil && root.Doubt == "" && root.Problem == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("the node does not believe the chain: %+v: %w", root, errors.Join(err, ctx.Err()))
		}
	}
}

func askRoot(ctx context.Context) (root api.Root, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:5060"+api.PathRoot, nil)
	if err != nil {
		return root, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return root, err
	}
	defer func() { _ = res.Body.Close() }()
	var reply api.Reply
	if err := json.NewDecoder(res.Body).Decode(&reply); err != nil {
		return root, err
	}
	return root, json.Unmarshal(reply.Message, &root)
}
