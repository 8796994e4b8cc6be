package verify_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/verify"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/inventory"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	chainID = "dbc-testnet-1"
	renter  = "dbc1renter"
)

// world is a machine of four slots with a card each, of which a rental has two, and
// its chain.
type world struct {
	key       key.Key
	facts     machine.Facts
	rented    rental.Rental
	inventory string
	signed    api.SignedInventory
	failed    error
	// asked is the rental that the VM was made in, 0 where it is not known.
	asked uint64
	// gpus is how many the VM was made with, nil for all.
	gpus  *int
	shell probe.Shell
}

func (w *world) Machine(context.Context, string) (machine.Listing, error) {
	return machine.Listing{Machine: machine.Machine{Id: w.key.MachineID(), Facts: w.facts}}, nil
}
func (w *world) Rental(context.Context, uint64) (rental.Rental, error) { return w.rented, nil }
func (w *world) Inventory(context.Context) (api.SignedInventory, error) {
	return w.signed, w.failed
}

func newWorld(t *testing.T) *world {
	t.Helper()
	k, err := key.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{shell: guest{}, key: k, facts: machine.Facts{CpuCores: 31, MemoryMib: 64001, CpuModel: "AMD EPYC"}}
	list := inventory.Inventory{Schema: inventory.Schema, MachineID: k.MachineID()}
	for i := range 4 {
		w.facts.Slots = append(w.facts.Slots, machine.Slot{
			Kind: machine.SLOT_KIND_GPU, GpuType: "NVIDIA L40S", GpuIds: []string{"GPU-" + string(rune('a'+i))}, GpuCount: 1, VramMib: 46068,
		})
		card := inventory.GPU{MaxWidth: 16, MaxSpeedMTs: 16000}
		card.PCIIDs.Vendor, card.PCIIDs.Device = 0x10de, 0x26b9
		list.Slots = append(list.Slots, inventory.Slot{Index: i, GPUs: []inventory.GPU{card}, Functions: []inventory.Function{{PCIIDs: card.PCIIDs}}})
	}
	w.rented = rental.Rental{Id: 7, Renter: renter, MachineId: k.MachineID(), Slots: []uint32{1, 3}, State: rental.RENTAL_STATE_TRIAL}
	text, err := list.JSON()
	if err != nil {
		t.Fatal(err)
	}
	w.serve(string(text), k)
	hash := sha256.Sum256(text)
	w.facts.InventoryHash = hash[:]
	return w
}

// serve signs an inventory, whatever the chain lists.
func (w *world) serve(text string, signer key.Key) {
	hash := sha256.Sum256([]byte(text))
	w.inventory = text
	w.signed = api.SignedInventory{
		Inventory: text, SHA256: hex.EncodeToString(hash[:]),
		Signature: hex.EncodeToString(signer.Sign(machine.InventoryText(chainID, w.key.MachineID(), []byte(text)))),
	}
}

func (w *world) list(text string) {
	hash := sha256.Sum256([]byte(text))
	w.facts.InventoryHash = hash[:]
}

func task() api.Task {
	return api.Task{
		TaskSummary: api.TaskSummary{TaskID: "one", RentOrder: "7"}, CPUCores: "14", GPUCount: "2", MemSize: "32000M",
		Disks: []api.TaskDisk{{Name: "vda", Size: "10G"}, {Name: "vdb", Size: "1024M"}},
	}
}

// guest is a shell in a VM with one of the two cards.
type guest struct{}

func (guest) Run(context.Context, []byte, int) ([]byte, error) {
	return []byte("dbc-probe 1\ncpus 14\ncpu_model AMD EPYC\nmem_kib 32400000\ndisk vda 20971520 vda\ndisk vdb 2097152 vdb\n" +
		"pci 0000:01:00.0 0x030200 0x10de 0x26b9 0x0000 0x0000 0xa1 -\nregion 0xa0000000 0xa0ffffff 0x40200\nbasic_end\nend\n"), nil
}

func (w *world) verify(t *testing.T, task api.Task) (verify.Verified, error) {
	t.Helper()
	return verify.VM(t.Context(), verify.Order{
		ChainID: chainID, MachineID: w.key.MachineID(), Renter: renter, TaskID: "one", RentID: w.asked, GPUs: w.gpus, Task: task, Chain: w, On: w, Shell: w.shell,
	})
}

func TestVM(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v, err := w.verify(t, task())
	if err != nil || v.Level != probe.Fail || v.RentID != 7 || v.TaskID != "one" || v.MachineID != w.key.MachineID() {
		t.Fatalf("%+v, %v", v, err)
	}
	failed := map[probe.Check]probe.Code{}
	for _, r := range v.Results {
		if r.Level == probe.Fail || r.Level == probe.Warn {
			failed[r.Check] = r.Code
		}
	}
	if want := map[probe.Check]probe.Code{probe.CheckGPUs: probe.CodeLess, probe.CheckPCIIDs: probe.CodeMissing}; !reflect.DeepEqual(failed, want) {
		t.Errorf("%v, want %v", failed, want)
	}
	if v.Results[0].Check != probe.CheckInventory || v.Results[0].Level != probe.Pass {
		t.Errorf("%+v", v.Results[0])
	}
	one := task()
	one.GPUCount = "1"
	if v, err = w.verify(t, one); err != nil || v.Level != probe.Fail {
		t.Errorf("one of two, as the machine says: %+v, %v", v, err)
	}
	for gpus, want := range map[int]probe.Level{0: probe.Warn, 1: probe.Warn, 2: probe.Fail} {
		w.gpus = &gpus
		if v, err = w.verify(t, task()); err != nil || v.Level != want {
			t.Errorf("made with %d of two: %+v, %v", gpus, v, err)
		}
	}
	for _, gpus := range []int{-1, 3} {
		w.gpus = &gpus
		if v, err = w.verify(t, task()); !errors.Is(err, verify.ErrGPUs) {
			t.Errorf("made with %d of two: %+v, %v", gpus, v, err)
		}
	}
}

// here is a shell of a computer without ssh.
type here struct{}

func (here) Run(context.Context, []byte, int) ([]byte, error) { return nil, probe.ErrHere }

// TestVMHere: what the verifier's own computer lacks is no result.
func TestVMHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shell = here{}
	if v, err := w.verify(t, task()); !errors.Is(err, probe.ErrHere) || len(v.Results) != 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

// The share is the one that nodes grant.
func TestShare(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	capacity := host.CapacityOf(w.facts, w.facts)
	for slots := 1; slots <= 4; slots++ {
		w.rented.Slots = []uint32{0, 1, 2, 3}[:slots]
		v, err := w.verify(t, task())
		if err != nil {
			t.Fatal(err)
		}
		share := capacity.Share(slots)
		for _, r := range v.Results {
			if r.Check != probe.CheckShare {
				continue
			}
			full := share.CPUs&^1 <= 14 && share.MemoryMiB <= 32000 && slots <= 2
			if full != (r.Level == probe.Pass) {
				t.Errorf("%d slots, of %+v: %+v", slots, share, r)
			}
		}
	}
}

func TestInventory(t *testing.T) {
	t.Parallel()
	other, err := key.New()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(w *world)
		code   probe.Code
		level  probe.Level
	}{
		"as listed": {func(*world) {}, probe.CodeSame, probe.Pass},
		"newer, with more": {func(w *world) {
			w.serve(strings.Replace(w.inventory, `{"schema":1`, `{"colour":"red","schema":1`, 1), w.key)
			w.list(w.inventory)
		}, probe.CodeSame, probe.Pass},
		"another one": {func(w *world) { w.serve(strings.Replace(w.inventory, "10de:26b9", "10de:2204", 1), w.key) }, probe.CodeHash, probe.Fail},
		"its hash is a lie": {func(w *world) {
			w.signed.Inventory = strings.Replace(w.inventory, "10de:26b9", "10de:2204", 1)
		}, probe.CodeSignature, probe.Fail},
		"another's key": {func(w *world) { w.serve(w.inventory, other) }, probe.CodeSignature, probe.Fail},
		"no signature":  {func(w *world) { w.signed.Signature = "" }, probe.CodeSignature, probe.Fail},
		"odd signature": {func(w *world) { w.signed.Signature = strings.Repeat("zz", ed25519.SignatureSize) }, probe.CodeSignature, probe.Fail},
		"not listed":    {func(w *world) { w.facts.InventoryHash = nil }, probe.CodeUnlisted, probe.Unmeasured},
		"not served":    {func(w *world) { w.failed = client.ErrUnreachable }, probe.CodeNotSaid, probe.Unmeasured},
		"no JSON":       {func(w *world) { w.serve("[", w.key); w.list("[") }, probe.CodeForm, probe.Fail},
		"another schema": {func(w *world) {
			w.serve(strings.Replace(w.inventory, `"schema":1`, `"schema":2`, 1), w.key)
			w.list(w.inventory)
		}, probe.CodeForm, probe.Fail},
		"another machine's": {func(w *world) {
			w.serve(strings.Replace(w.inventory, w.key.MachineID(), other.MachineID(), 1), w.key)
			w.list(w.inventory)
		}, probe.CodeForm, probe.Fail},
		"huge": {func(w *world) {
			w.serve(w.inventory+strings.Repeat(" ", 1<<20), w.key)
			w.list(w.inventory)
		}, probe.CodeForm, probe.Fail},
		"slots in another order": {func(w *world) {
			w.serve(strings.Replace(w.inventory, `"index":3`, `"index":0`, 1), w.key)
			w.list(w.inventory)
		}, probe.CodeForm, probe.Fail},
	} {
		w := newWorld(t)
		c.change(w)
		v, err := w.verify(t, task())
		if err != nil || v.Results[0].Check != probe.CheckInventory || v.Results[0].Code != c.code || v.Results[0].Level != c.level {
			t.Errorf("%s: %+v, %v", name, v.Results, err)
		}
	}
}

// What a machine says of a VM is its word: odd words are refused.
func TestOddTasks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(w *world, task *api.Task)
		err    error
	}{
		"no rental":         {func(_ *world, task *api.Task) { task.RentOrder = "x" }, nil},
		"another's rental":  {func(w *world, _ *api.Task) { w.rented.MachineId = "another" }, verify.ErrForeign},
		"another wallet's":  {func(w *world, _ *api.Task) { w.rented.Renter = "dbc1other" }, verify.ErrForeign},
		"one that is over":  {func(w *world, _ *api.Task) { w.rented.State = rental.RENTAL_STATE_ENDED }, verify.ErrForeign},
		"another of his":    {func(w *world, _ *api.Task) { w.asked = 8 }, verify.ErrForeign},
		"another VM":        {func(_ *world, task *api.Task) { task.TaskID = "two" }, verify.ErrForeign},
		"a slot beyond":     {func(w *world, _ *api.Task) { w.rented.Slots = []uint32{4} }, verify.ErrForeign},
		"CPUs in words":     {func(_ *world, task *api.Task) { task.CPUCores = "many" }, verify.ErrTask},
		"negative GPUs":     {func(_ *world, task *api.Task) { task.GPUCount = "-1" }, verify.ErrTask},
		"memory in nothing": {func(_ *world, task *api.Task) { task.MemSize = "16" }, verify.ErrTask},
		"a huge disk":       {func(_ *world, task *api.Task) { task.Disks[0].Size = "99999999999999999999G" }, verify.ErrTask},
	} {
		w, odd := newWorld(t), task()
		c.change(w, &odd)
		if v, err := w.verify(t, odd); err == nil || c.err != nil && !errors.Is(err, c.err) {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

// TestSSH runs a program in place of ssh.
func TestSSH(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, ctx context.Context, program string, limit int) (string, error) {
		path := filepath.Join(t.TempDir(), "ssh")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+program+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := verify.SSH{Path: path}.Run(ctx, []byte("the script"), limit)
		return string(out), err
	}
	if out, err := run(t, t.Context(), `shift $(($# - 2)); echo "$@"; cat`, 100); err != nil || out != "sh -s\nthe script" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := run(t, t.Context(), `printf 'no \033[2J\n' >&2; exit 255`, 100); !errors.Is(err, probe.ErrLogin) || !strings.Contains(err.Error(), `no \u001b[2J`) {
		t.Errorf("no login: %v", err)
	}
	if _, err := run(t, t.Context(), "exit 127", 100); err == nil || errors.Is(err, probe.ErrLogin) {
		t.Errorf("no shell: %v", err)
	}
	if out, err := run(t, t.Context(), "yes", 100); !errors.Is(err, probe.ErrLong) || len(out) != 100 {
		t.Errorf("endless: %d bytes, %v", len(out), err)
	}
	if _, err := run(t, t.Context(), "kill -9 $$", 100); !errors.Is(err, probe.ErrHere) {
		t.Errorf("killed: %v", err)
	}
	for name, s := range map[string]verify.SSH{
		"no such program": {Path: filepath.Join(t.TempDir(), "ssh")},
		"no such key":     {Path: "/bin/true", How: client.SSH{Identities: []string{filepath.Join(t.TempDir(), "id_ed25519")}}},
		"none with a %":   {Path: "/bin/true", How: client.SSH{Identities: []string{filepath.Join(t.TempDir(), "100%h")}}},
	} {
		if _, err := s.Run(t.Context(), nil, 100); !errors.Is(err, probe.ErrHere) || errors.Is(err, probe.ErrLogin) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if out, err := run(t, ctx, "echo first; exec sleep 1000", 100); !errors.Is(err, context.DeadlineExceeded) || out != "first\n" {
		t.Errorf("hanging: %q, %v", out, err)
	}
}

// FuzzInventory: a signed inventory is its host's text all the same.
func FuzzInventory(f *testing.F) {
	k, err := key.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`{"schema":1,"machine_id":"` + k.MachineID() + `","slots":[{"index":0,"gpus":[{"pci_ids":"10de:26b9","address":"0000:01:00.0"}],"functions":[]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		hash := sha256.Sum256([]byte(text))
		signed := api.SignedInventory{Inventory: text, Signature: hex.EncodeToString(k.Sign(machine.InventoryText(chainID, k.MachineID(), []byte(text))))}
		i, result := verify.Inventory(chainID, k.MachineID(), machine.Facts{InventoryHash: hash[:]}, signed)
		if result.Level == probe.Pass && (i.MachineID != k.MachineID() || len(i.Slots) > 256) {
			t.Errorf("%+v", i)
		}
	})
}
