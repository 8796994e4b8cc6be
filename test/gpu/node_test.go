package gpu

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
)

const (
	socket  = "/run/dbc/helper.sock"
	data    = "/var/lib/dbc"
	chainID = "dbc-testnet-1"
	// aKey is a public key made for these tests.
	aKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHM0iyFlX5UCiAIvXXvDr6WqLA4KOdNbtUSTgm4T8iHV"
)

var (
	// binding is the node's, which the helper wrote down.
	binding names.Binding
	cidr    = netip.MustParsePrefix("10.97.0.0/24")
)

// asked is what the helper did for the node.
type asked struct {
	// Code is of a refusal of a slot, Error the text of whatever was refused.
	Code, Error string
	State       vm.State
	Slots       []vm.Slot
}

// askHelper is what a node does, as its user on the emulated computer, line by
// line: the helper's answers go to standard output.
func askHelper(lines []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	text, err := os.ReadFile(data + "/binding.json")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &binding); err != nil {
		return err
	}
	c, err := helper.Dial(helper.ClientConfig{Socket: socket, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if os.Getuid() != 0 { // root may ask for less than the node
		if err := c.Bind(ctx, binding); err != nil {
			return err
		}
	}
	var all []asked
	for _, line := range lines {
		var a asked
		err := a.ask(ctx, c, strings.Fields(line))
		if refused := new(vm.SlotError); errors.As(err, &refused) {
			a.Code = refused.Code()
		}
		if err != nil {
			a.Error = err.Error()
		}
		all = append(all, a)
	}
	return json.NewEncoder(os.Stdout).Encode(all)
}

func (a *asked) ask(ctx context.Context, c *helper.Client, args []string) (err error) {
	switch args[0] {
	case "slots": // as they are once none is being reset
		for again := time.NewTicker(100 * time.Millisecond); ; <-again.C {
			a.Slots, err = c.Slots(ctx)
			if err != nil || !slices.ContainsFunc(a.Slots, func(s vm.Slot) bool { return s.State == vm.SlotResetting }) {
				return err
			}
		}
	case "check":
		slot, _ := strconv.ParseUint(args[1], 10, 32)
		return c.CheckSlot(ctx, uint32(slot))
	}
	name := args[1]
	id := binding.VM(rentOf(name), folderOf(name)).UUID
	switch args[0] {
	case "make":
		return prepare(ctx, c, name)
	case "define":
		return c.Define(ctx, vmOf(name, args[2:]))
	case "start":
		return c.Start(ctx, id)
	case "stop":
		return c.Stop(ctx, id)
	case "pause":
		return c.Pause(ctx, id)
	case "resume":
		return c.Resume(ctx, id)
	case "undefine":
		return c.Undefine(ctx, id)
	case "state":
		d, err := c.Get(ctx, id)
		a.State = d.State
		return err
	}
	return fmt.Errorf("nothing is known of %q", args)
}

// prepare makes a VM's disks, as its node does.
func prepare(ctx context.Context, c *helper.Client, name string) error {
	if err := c.Ensure(ctx); err != nil {
		return err
	}
	folder, key := folderOf(name), sha256.Sum256([]byte("host key of "+name))
	id := binding.VM(rentOf(name), folder)
	claim := guests.Claim{TaskID: folder, RentID: rentOf(name), Wallet: auth.NewSigner(secp256k1.PrivKeyFromBytes([]byte{1})).Address()}
	if err := c.MakeSystem(ctx, folder, claim, "tiny.qcow2", 1); err != nil {
		return err
	}
	return c.WriteSeed(ctx, folder, seed.Data{
		InstanceID: string(id.UUID), Hostname: id.Hostname, User: names.User, AuthorizedKeys: []string{aKey},
		HostKey: ed25519.NewKeyFromSeed(key[:]), MAC: id.MAC, Addr: netip.PrefixFrom(addrOf(name), cidr.Bits()),
	})
}

func folderOf(name string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(name)))[:20] }
func rentOf(name string) uint64   { return 1 + uint64(name[0]) }
func addrOf(name string) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 97, 0, name[0]})
}

func vmOf(name string, slots []string) guests.VM {
	v := guests.VM{Folder: folderOf(name), VCPUs: 1, MemoryMiB: 128, Firmware: vm.UEFI}
	for _, s := range slots {
		n, _ := strconv.ParseUint(s, 10, 32)
		v.Slots = append(v.Slots, uint32(n))
	}
	return v
}

// node asks the helper as the node's user, and wants as many answers.
func (c *computer) node(lines ...string) []asked {
	c.t.Helper()
	var all []asked
	if c.ask(&all, asNode(lines...)); len(all) != len(lines) {
		c.t.Fatalf("%q: %+v", lines, all)
	}
	return all
}

// done asks for what is not refused.
func (c *computer) done(lines ...string) {
	c.t.Helper()
	for i, a := range c.node(lines...) {
		if a.Error != "" {
			c.t.Fatalf("%s: %s", lines[i], a.Error)
		}
	}
}

// states waits until no slot is being reset, and compares what each is in with
// lines of state and holder, or of state and fault.
func (c *computer) states(want ...string) {
	c.t.Helper()
	var got []string
	for _, s := range c.node("slots")[0].Slots {
		holder := ""
		for _, name := range []string{"a", "b", "c"} {
			if s.Holder == uuidOf(name) {
				holder = name
			}
		}
		got = append(got, strings.TrimSpace(string(s.State)+" "+holder+s.Fault))
	}
	if !slices.Equal(got, want) {
		c.t.Errorf("the slots are %q, want %q", got, want)
	}
}
