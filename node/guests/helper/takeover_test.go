package helper_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/vm"
)

// taken is a computer whose node somebody took over: alice has a VM that runs and
// one of which the disks are kept, mallory has a VM that runs.
type taken struct {
	*world
	ctx      context.Context //nolint:containedctx // the test's own
	conn     *grpc.ClientConn
	machines steps.MachinesClient
	files    steps.FilesClient
	network  steps.NetworkClient
	before   map[string]string
	// used is alice's request for her VM's password, which was taken already.
	used auth.Proof
}

// slotsOf are the slots of the VMs that run; a third one is quarantined.
var slotsOf = map[string][]uint32{"hers": {0}, "mine": {1}}

// rented is mallory's rental.
const rented = 8

func newTaken(t *testing.T) *taken {
	t.Helper()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.image("other.qcow2")
	w.withRealCards()
	w.bind()
	h := &taken{world: w, ctx: spoken(t, helper.Version), conn: w.raw(t)}
	h.machines, h.files, h.network = steps.NewMachinesClient(h.conn), steps.NewFilesClient(h.conn), steps.NewNetworkClient(h.conn)
	w.make("hers")
	w.make("kept")
	w.makeFor(mallory, rented, "mine")
	for name, rentID := range map[string]uint64{"hers": rent, "mine": rented} {
		v := w.vm(name)
		v.Firmware, v.Slots = vm.UEFI, slotsOf[name]
		must(t, w.client.Define(t.Context(), v))
		must(t, w.client.Start(t.Context(), binding.VM(rentID, v.Folder).UUID))
	}
	h.used = h.passwd(alice, "hers")
	must(t, h.setPassword(h.used, "hers"))
	h.before = h.state()
	return h
}

var recordName = regexp.MustCompile(`^([0-9A-Za-z]{20,22}|used-nonces)\.json$`)

func (h *taken) id(name string) string {
	rentID := uint64(rent)
	if name == "mine" {
		rentID = rented
	}
	return string(binding.VM(rentID, folderOf(name)).UUID)
}

// state is all that a tenant has to fear for: what her VMs boot with, what they are
// attached to, their passwords, and the record.
func (h *taken) state() map[string]string {
	state := map[string]string{}
	for _, name := range []string{"hers", "kept"} {
		for _, file := range []string{"seed.iso", "system.qcow2", "vdb.raw"} {
			path := filepath.Join(h.data, "tasks", folderOf(name), file)
			info, err := os.Lstat(path)
			if err != nil {
				state[name+" "+file] = "gone"
				continue
			}
			state[name+" "+file] = fmt.Sprint(info.Mode(), info.Size())
			if file == "seed.iso" {
				text, _ := os.ReadFile(path)
				state[name+" "+file] = fmt.Sprintf("%x", sha256.Sum256(text))
			}
		}
		text, _ := os.ReadFile(filepath.Join(h.data, "record", folderOf(name)+".json"))
		state[name+" record"] = string(text)
	}
	// Whatever a call names, records are written in their folder only, under a folder's name.
	_ = filepath.WalkDir(h.data, func(path string, _ fs.DirEntry, _ error) error {
		if filepath.Ext(path) == ".json" && !recordName.MatchString(filepath.Base(path)) {
			state["file "+path] = "there"
		}
		return nil
	})
	list, _ := h.driver.List(context.Background())
	for _, d := range list {
		if string(d.UUID) != h.id("mine") {
			spec, _ := h.driver.Spec(d.UUID)
			state["VM "+string(d.UUID)] = fmt.Sprintf("%+v %+v", spec, h.driver.Attached(d.UUID))
		}
	}
	slots, err := h.client.Slots(context.Background())
	state["slots"] = fmt.Sprint(err)
	for _, slot := range slots {
		state["slots"] += fmt.Sprint(" ", slot.Index, slot.State, slot.Holder)
	}
	state["password"] = h.driver.Password(vm.UUID(h.id("hers")), "dbc") + h.driver.Password(vm.UUID(h.id("hers")), "root")
	return state
}

// safe holds what the helper promises after each attack.
func (h *taken) safe(what string) {
	h.t.Helper()
	if now := h.state(); !reflect.DeepEqual(now, h.before) {
		for key, value := range now {
			if h.before[key] != value {
				h.t.Errorf("%s: %s is %s, was %s", what, key, value, h.before[key])
			}
		}
		h.t.Fatalf("%s: changed what is alice's", what)
	}
	mine, _ := h.driver.Spec(vm.UUID(h.id("mine")))
	for _, disk := range slices.Concat(mine.Disks, h.driver.Attached(vm.UUID(h.id("mine")))) {
		if filepath.Base(filepath.Dir(disk.Path)) != folderOf("mine") {
			h.t.Fatalf("%s: mallory's VM has %s", what, disk.Path)
		}
	}
	if !slices.Equal(mine.Devices, []vm.PCIDevice{"0000:02:00.0"}) {
		h.t.Fatalf("%s: mallory's VM has the devices %q", what, mine.Devices)
	}
	for _, b := range h.wires.bindings() {
		if b.Addr == addrOf("hers") && b.Tap != binding.VM(rent, folderOf("hers")).Tap {
			h.t.Fatalf("%s: alice's address is at %s", what, b.Tap)
		}
	}
}

func (h *taken) passwd(by auth.Signer, name string) auth.Proof {
	return sign(h.t, by, guests.PathPasswd+folderOf(name), map[string]string{"username": "dbc", "password": "longenough"})
}

func (h *taken) setPassword(p auth.Proof, name string) error {
	_, err := h.machines.SetPassword(h.ctx, &steps.SetPasswordRequest{
		Uuid: h.id(name), User: "dbc", Password: "longenough", Authority: authorityOf(p),
	})
	return err
}

func authorityOf(p auth.Proof) *steps.Authority {
	a := &steps.Authority{Header: p.Header, Method: p.Method, Target: p.Target, Body: p.Body, Grant: p.Grant, GrantSign: p.GrantSign}
	return a
}

// attack is one thing that the node tries. It is refused, or harmless.
type attack struct {
	name     string
	harmless bool
	try      func(h *taken) error
}

// TestTakenOver plays a node that somebody took over, with every call of the
// protocol: a call without an attack fails. Each list is tried in its order, in
// others, and with a helper that was started anew.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	services := steps.File_dbc_helper_v1_helper_proto.Services()
	calls := map[string]bool{}
	for i := range services.Len() {
		for j := range services.Get(i).Methods().Len() {
			calls[string(services.Get(i).Name())+"."+string(services.Get(i).Methods().Get(j).Name())] = true
		}
	}
	all := attacks()
	for call := range calls {
		if len(all[call]) == 0 {
			t.Errorf("%s: nobody attacks it", call)
		}
	}
	h := newTaken(t)
	type named struct {
		call string
		attack
	}
	var list []named
	for call, some := range all {
		if !calls[call] {
			t.Errorf("%s is no call", call)
		}
		for _, a := range some {
			list = append(list, named{call, a})
		}
	}
	slices.SortFunc(list, func(a, b named) int { return strings.Compare(a.call+a.name, b.call+b.name) })
	tried := 0
	for round := range 4 {
		for _, a := range list {
			what := fmt.Sprintf("round %d: %s: %s", round, a.call, a.name)
			if err := a.try(h); err == nil && !a.harmless {
				t.Errorf("%s: was done", what)
			} else if err != nil && !strings.Contains(err.Error(), "desc = ") {
				t.Errorf("%s: %v, want the helper's own refusal", what, err)
			}
			h.safe(what)
			tried++
		}
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		h.stop()
		h.start()
		until(t, "the helper", func() bool { _, err := h.client.List(t.Context()); return err == nil })
	}
	t.Logf("%d attacks in %d tries", len(list), tried)
}

// TestPathsAreTheAPIs: the helper verifies requests for the routes that there are.
func TestPathsAreTheAPIs(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		guests.PathCreate: api.PathTaskStart, guests.PathPasswd: api.PathTaskPasswd, guests.PathConsole: api.PathTaskConsole, guests.PathVNC: api.PathTaskVNC,
	} {
		if got != want {
			t.Errorf("%q, the API has %q", got, want)
		}
	}
}

// strange are names that are no folder's, disk's or VM's.
var strange = []string{
	"", ".", "..", "../" + "aaaaaaaaaaaaaaaaaaaa", "/etc/passwd", "aaaaaaaaaaaaaaaaaaa\x00", "aaaaaaaaaaaaaaaaaaaa/..", strings.Repeat("a", 23),
	strings.Repeat("a", 1<<20), "vda", "vdz", "record", "%2e%2e", "а" + strings.Repeat("a", 19),
}

// define is a request for a VM's own definition.
func (h *taken) define(name string) *steps.DefineRequest {
	return &steps.DefineRequest{
		Folder: folderOf(name), Vcpus: 2, MemoryMib: 256, DataDisks: []string{"vdb"}, Firmware: steps.Firmware_FIRMWARE_UEFI, Slots: slotsOf[name],
	}
}

// seedOf is a request for a VM's own seed.
func (h *taken) seedOf(name string) *steps.WriteSeedRequest {
	rentID := uint64(rent)
	if name == "mine" {
		rentID = rented
	}
	d := h.seed(rentID, name)
	return &steps.WriteSeedRequest{
		Folder: folderOf(name), InstanceId: d.InstanceID, Hostname: d.Hostname, User: d.User, AuthorizedKeys: d.AuthorizedKeys,
		HostKey: d.HostKey.Seed(), Mac: d.MAC, Addr: d.Addr.Addr().String(),
	}
}

func changed[M proto.Message](m M, change func(M)) M {
	change(m)
	return m
}

// late is a request that was signed that long ago.
func late(t *testing.T, p auth.Proof, ago time.Duration, by auth.Signer) auth.Proof {
	t.Helper()
	var err error
	p.Header, err = auth.SignExact(t.Context(), by, exact(p, time.Now().Add(-ago)))
	must(t, err)
	return p
}

// session has a key of a session that by granted sign p instead.
func session(t *testing.T, p auth.Proof, by auth.Signer, scope auth.Scope, rentID uint64, change func(*auth.Grant)) auth.Proof {
	t.Helper()
	key := sessionKey()
	g := auth.Grant{
		ChainID: binding.ChainID, MachineID: binding.MachineID, RentID: rentID, Scope: scope,
		PublicKey: fmt.Sprintf("%x", key.PubKey().SerializeCompressed()), Expiry: time.Now().Add(time.Hour).Unix(),
	}
	if change != nil {
		change(&g)
	}
	var err error
	p.GrantSign, err = auth.SignGrant(t.Context(), by, g)
	must(t, err)
	p.Grant = g.Text()
	p.Header, err = auth.SignExactAs(t.Context(), auth.NewSigner(key), alice.Address(), g.ID(), exact(p, time.Now()))
	must(t, err)
	return p
}
