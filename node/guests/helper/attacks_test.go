package helper_test

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
)

const someKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE3ZbO0cPDUcFx5dPMI1vzR2qXkP8sWz3XIeVqh7uQfL"

// attacks are by the call that they make.
func attacks() map[string][]attack {
	all := map[string][]attack{}
	for _, some := range []func(map[string][]attack){bindAttacks, defineAttacks, machineAttacks, consentAttacks, networkAttacks, fileAttacks, seedAttacks, takeOverAttacks, cardAttacks} {
		some(all)
	}
	return all
}

func add(all map[string][]attack, call, name string, try func(h *taken) error) {
	all[call] = append(all[call], attack{name: name, try: try})
}

func addHarmless(all map[string][]attack, call, name string, try func(h *taken) error) {
	all[call] = append(all[call], attack{name: name, try: try, harmless: true})
}

func bindAttacks(all map[string][]attack) {
	for name, req := range map[string]*steps.BindRequest{
		"to another chain":   {ChainId: "dbc-devnet-2", GenesisHash: "aa", MachineId: binding.MachineID},
		"to another genesis": {ChainId: binding.ChainID, GenesisHash: "bb", MachineId: binding.MachineID},
		"to another machine": {ChainId: binding.ChainID, GenesisHash: "aa", MachineId: "bb"},
		"to a path":          {ChainId: binding.ChainID, GenesisHash: "../..", MachineId: "/etc"},
	} {
		add(all, "Helper.Bind", name, func(h *taken) error {
			_, err := steps.NewHelperClient(h.conn).Bind(h.ctx, req)
			return err
		})
	}
	addHarmless(all, "Helper.Stats", "ask for counts", func(h *taken) error {
		_, err := steps.NewHelperClient(h.conn).Stats(h.ctx, &steps.StatsRequest{})
		return err
	})
}

func defineAttacks(all map[string][]attack) {
	for name, change := range map[string]func(*steps.DefineRequest){
		"a disk not made":    func(r *steps.DefineRequest) { r.DataDisks = []string{"vdc"} },
		"the seed as disk":   func(r *steps.DefineRequest) { r.DataDisks = []string{"vdz"} },
		"its disk twice":     func(r *steps.DefineRequest) { r.DataDisks = []string{"vdb", "vdb"} },
		"a disk elsewhere":   func(r *steps.DefineRequest) { r.DataDisks = []string{"../" + folderOf("hers") + "/vdb"} },
		"more than there is": func(r *steps.DefineRequest) { r.Vcpus = 1 << 40 },
		"less than nothing":  func(r *steps.DefineRequest) { r.Vcpus = -1 },
		"a CPU far away":     func(r *steps.DefineRequest) { r.Placement = &steps.Placement{Emulator: []int64{1 << 40}} },
		"a folder of nobody": func(r *steps.DefineRequest) { r.Folder = folderOf("none") },
	} {
		for _, whose := range []string{"hers", "mine"} {
			add(all, "Machines.Define", name+" for "+whose, func(h *taken) error {
				_, err := h.machines.Define(h.ctx, changed(h.define(whose), change))
				return err
			})
		}
	}
	for _, victim := range []string{"hers", "kept"} {
		add(all, "Machines.Define", "mallory's with the folder of "+victim, func(h *taken) error {
			_, err := h.machines.Define(h.ctx, changed(h.define("mine"), func(r *steps.DefineRequest) { r.Folder = folderOf(victim) }))
			return err
		})
	}
	for _, odd := range strange {
		add(all, "Machines.Define", fmt.Sprintf("folder %.30q", odd), func(h *taken) error {
			_, err := h.machines.Define(h.ctx, changed(h.define("mine"), func(r *steps.DefineRequest) { r.Folder = odd }))
			return err
		})
	}
}

func cardAttacks(all map[string][]attack) {
	for _, slots := range [][]uint32{{0}, {0, 1}, {1, 0}, {2}, {1, 2}, {3}, {1, 1}, {1<<32 - 1}, nil} {
		add(all, "Machines.Define", fmt.Sprintf("mallory's with slots %d", slots), func(h *taken) error {
			_, err := h.machines.Define(h.ctx, changed(h.define("mine"), func(r *steps.DefineRequest) { r.Slots = slots }))
			return err
		})
	}
	for _, slots := range [][]uint32{{1}, {2}, {0, 2}, nil} {
		add(all, "Machines.Define", fmt.Sprintf("alice's with slots %d", slots), func(h *taken) error {
			_, err := h.machines.Define(h.ctx, changed(h.define("hers"), func(r *steps.DefineRequest) { r.Slots = slots }))
			return err
		})
	}
	for _, slots := range [][]uint32{{0}, {1}, {2}, {2, 0}} {
		add(all, "Machines.Define", fmt.Sprintf("one that is not defined with slots %d", slots), func(h *taken) error {
			_, err := h.machines.Define(h.ctx, changed(h.define("kept"), func(r *steps.DefineRequest) { r.Slots = slots }))
			return err
		})
	}
	add(all, "Machines.Define", "her card with a BIOS", func(h *taken) error {
		_, err := h.machines.Define(h.ctx, changed(h.define("mine"), func(r *steps.DefineRequest) { r.Firmware = steps.Firmware_FIRMWARE_BIOS }))
		return err
	})
	add(all, "Machines.Define", "an address beside the slots", func(h *taken) error {
		// A field that an older helper may have had, with the host's network card.
		req := changed(h.define("mine"), func(r *steps.DefineRequest) { r.Slots = []uint32{0} })
		req.ProtoReflect().SetUnknown(append(protowire.AppendTag(nil, 13, protowire.BytesType), protowire.AppendString(nil, "0000:04:00.0")...))
		_, err := h.machines.Define(h.ctx, req)
		return err
	})
	for _, index := range []uint32{0, 1, 64, 1<<32 - 1} {
		add(all, "Cards.Check", fmt.Sprintf("slot %d out of quarantine", index), func(h *taken) error {
			_, err := steps.NewCardsClient(h.conn).Check(h.ctx, &steps.CheckRequest{Index: index})
			return err
		})
	}
	addHarmless(all, "Cards.Slots", "all states", func(h *taken) error {
		_, err := steps.NewCardsClient(h.conn).Slots(h.ctx, &steps.SlotsRequest{})
		return err
	})
}

func machineAttacks(all map[string][]attack) {
	ops := []steps.Operation{
		steps.Operation_OPERATION_START, steps.Operation_OPERATION_SHUTDOWN, steps.Operation_OPERATION_PAUSE, steps.Operation_OPERATION_RESUME,
		steps.Operation_OPERATION_RESET, steps.Operation_OPERATION_UNSPECIFIED, 99,
	}
	for _, op := range ops {
		for _, odd := range append(slices.Clone(strange), "00000000-1111-4222-8333-444444444444") {
			add(all, "Machines.Operate", fmt.Sprintf("%v of %.30q", op, odd), func(h *taken) error {
				_, err := h.machines.Operate(h.ctx, &steps.OperateRequest{Uuid: odd, Operation: op})
				return err
			})
		}
		add(all, "Machines.Operate", fmt.Sprintf("%v of a VM that is not defined", op), func(h *taken) error {
			_, err := h.machines.Operate(h.ctx, &steps.OperateRequest{Uuid: h.id("kept"), Operation: op})
			return err
		})
	}
	addHarmless(all, "Machines.Operate", "reset", func(h *taken) error {
		_, err := h.machines.Operate(h.ctx, &steps.OperateRequest{Uuid: h.id("hers"), Operation: steps.Operation_OPERATION_RESET})
		return err
	})
	add(all, "Machines.Operate", "undefine what runs", func(h *taken) error {
		_, err := h.machines.Operate(h.ctx, &steps.OperateRequest{Uuid: h.id("hers"), Operation: steps.Operation_OPERATION_UNDEFINE})
		return err
	})
	for _, odd := range append(slices.Clone(strange), "vdc", "vdy") {
		add(all, "Machines.Attach", fmt.Sprintf("disk %.30q to mallory's", odd), func(h *taken) error {
			_, err := h.machines.Attach(h.ctx, &steps.AttachRequest{Uuid: h.id("mine"), Disk: odd})
			return err
		})
		add(all, "Machines.Grow", fmt.Sprintf("disk %.30q", odd), func(h *taken) error {
			_, err := h.machines.Grow(h.ctx, &steps.GrowRequest{Uuid: h.id("mine"), Disk: odd, Bytes: 1 << 62})
			return err
		})
	}
	addHarmless(all, "Machines.Attach", "its own disk, again", func(h *taken) error {
		_, err := h.machines.Attach(h.ctx, &steps.AttachRequest{Uuid: h.id("mine"), Disk: "vdb"})
		return err
	})
	for _, odd := range strange {
		for call, try := range map[string]func(h *taken) error{
			"Attach": func(h *taken) error {
				_, err := h.machines.Attach(h.ctx, &steps.AttachRequest{Uuid: odd, Disk: "vdb"})
				return err
			},
			"Detach": func(h *taken) error {
				_, err := h.machines.Detach(h.ctx, &steps.DetachRequest{Uuid: h.id("hers"), Disk: odd})
				return err
			},
			"Get": func(h *taken) error { _, err := h.machines.Get(h.ctx, &steps.GetRequest{Uuid: odd}); return err },
		} {
			add(all, "Machines."+call, fmt.Sprintf("%.30q", odd), try)
		}
	}
	addHarmless(all, "Machines.List", "names and states, and nothing else", func(h *taken) error {
		_, err := h.machines.List(h.ctx, &steps.ListRequest{})
		return err
	})
	addHarmless(all, "Machines.Watch", "names, and nothing else", func(h *taken) error {
		stream, err := h.machines.Watch(h.ctx, &steps.WatchRequest{})
		if err == nil {
			_, err = stream.Recv()
		}
		return err
	})
}

// aHash is of a password that nobody has.
const aHash = "$6$aaaaaaaa$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// takeOverAttacks are for kept disks, which only their renter's request gives away.
func takeOverAttacks(all map[string][]attack) {
	wish := func(name string) map[string]any {
		return map[string]any{"restore_task_id": folderOf(name), "ssh_public_keys": []string{someKey}}
	}
	take := func(victim string, rentID uint64, p func(h *taken) *auth.Proof) func(h *taken) error {
		return func(h *taken) error {
			req := &steps.TakeOverRequest{Folder: folderOf(victim), TaskId: folderOf("new"), RentId: rentID}
			if proof := p(h); proof != nil {
				req.Authority = authorityOf(*proof)
			}
			_, err := h.files.TakeOver(h.ctx, req)
			return err
		}
	}
	by := func(who auth.Signer, target string, additional any) func(h *taken) *auth.Proof {
		return func(h *taken) *auth.Proof { p := sign(h.t, who, target, additional); return &p }
	}
	for name, try := range map[string]func(h *taken) error{
		"without a request":       take("kept", rented, func(*taken) *auth.Proof { return nil }),
		"by mallory":              take("kept", rented, by(mallory, guests.PathCreate, wish("kept"))),
		"by another route":        take("kept", rent, by(alice, guests.PathPasswd+folderOf("kept"), wish("kept"))),
		"by a plain create":       take("kept", rent, by(alice, guests.PathCreate, map[string]any{"image_name": "tiny.qcow2"})),
		"by one for other disks":  take("kept", rent, by(alice, guests.PathCreate, wish("hers"))),
		"by one for another task": take("kept", rent, by(alice, guests.PathCreate, map[string]any{"restore_task_id": folderOf("kept"), "task_id": folderOf("else")})),
		"by an old one": take("kept", rent, func(h *taken) *auth.Proof {
			p := late(h.t, sign(h.t, alice, guests.PathCreate, wish("kept")), 2*time.Hour, alice)
			return &p
		}),
		"by a session that reads": take("kept", rent, func(h *taken) *auth.Proof {
			p := session(h.t, sign(h.t, alice, guests.PathCreate, wish("kept")), alice, auth.ScopeRead, rent, nil)
			return &p
		}),
		"by a session of another rental": take("kept", rented, func(h *taken) *auth.Proof {
			p := session(h.t, sign(h.t, alice, guests.PathCreate, wish("kept")), alice, auth.ScopeFull, rent, nil)
			return &p
		}),
		"of a VM that runs":       take("hers", rent, by(alice, guests.PathCreate, wish("hers"))),
		"of a folder nobody has":  take("none", rent, by(alice, guests.PathCreate, wish("none"))),
		"by the task that has it": take("kept", rented, by(alice, guests.PathCreate, wish("mine"))),
		"for a task that is a path": func(h *taken) error {
			p := sign(h.t, alice, guests.PathCreate, wish("kept"))
			_, err := h.files.TakeOver(h.ctx, &steps.TakeOverRequest{Folder: folderOf("kept"), TaskId: "../../etc", RentId: rent, Authority: authorityOf(p)})
			return err
		},
	} {
		add(all, "Files.TakeOver", name, try)
	}
}
