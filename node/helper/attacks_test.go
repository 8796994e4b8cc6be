package helper_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/helper"
	"github.com/dbc-network/dbc/node/helper/steps"
	"github.com/dbc-network/dbc/node/host"
)

func sessionKey() *secp256k1.PrivateKey { return secp256k1.PrivKeyFromBytes([]byte{9, 9}) }

const someKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE3ZbO0cPDUcFx5dPMI1vzR2qXkP8sWz3XIeVqh7uQfL"

// attacks are by the call that they make.
func attacks() map[string][]attack {
	all := map[string][]attack{}
	for _, some := range []func(map[string][]attack){bindAttacks, defineAttacks, machineAttacks, consentAttacks, networkAttacks, fileAttacks, seedAttacks, takeOverAttacks} {
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
}

func defineAttacks(all map[string][]attack) {
	// Which fields of the request come from the other VM.
	fields := []func(to, from *steps.DefineRequest){
		func(to, from *steps.DefineRequest) { to.Uuid = from.Uuid },
		func(to, from *steps.DefineRequest) { to.Name = from.Name },
		func(to, from *steps.DefineRequest) { to.Folder = from.Folder },
		func(to, from *steps.DefineRequest) { to.Card.Tap = from.Card.Tap },
		func(to, from *steps.DefineRequest) { to.Card.Mac = from.Card.Mac },
		func(to, from *steps.DefineRequest) { to.Card.Addr = from.Card.Addr },
	}
	for _, victim := range []string{"hers", "kept"} {
		for _, bits := range mixes(len(fields)) {
			add(all, "Machines.Define", fmt.Sprintf("mallory's with %06b of %s", bits, victim), func(h *taken) error {
				req, from := h.define("mine"), h.define(victim)
				for i, field := range fields {
					if bits>>i&1 == 1 {
						field(req, from)
					}
				}
				_, err := h.machines.Define(h.ctx, req)
				return err
			})
		}
	}
	for name, change := range map[string]func(*steps.DefineRequest){
		"another base":     func(r *steps.DefineRequest) { r.Image = "other.qcow2" },
		"a disk not made":  func(r *steps.DefineRequest) { r.DataDisks = []string{"vdc"} },
		"the seed as disk": func(r *steps.DefineRequest) { r.DataDisks = []string{"vdz"} },
		"no card":          func(r *steps.DefineRequest) { r.Card = nil },
		"the gateway":      func(r *steps.DefineRequest) { r.Card.Addr = "10.9.0.1" },
	} {
		for _, whose := range []string{"hers", "mine"} {
			add(all, "Machines.Define", name+" for "+whose, func(h *taken) error {
				_, err := h.machines.Define(h.ctx, changed(h.define(whose), change))
				return err
			})
		}
	}
	for _, odd := range strange {
		add(all, "Machines.Define", fmt.Sprintf("folder %.30q", odd), func(h *taken) error {
			_, err := h.machines.Define(h.ctx, changed(h.define("mine"), func(r *steps.DefineRequest) { r.Folder = odd }))
			return err
		})
	}
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

// consentAttacks are requests that alice did not sign, or not for this.
func consentAttacks(all map[string][]attack) {
	type forged func(h *taken, path string, additional any) auth.Proof
	forgeries := map[string]forged{
		"mallory's own":  func(h *taken, p string, x any) auth.Proof { return sign(h.t, mallory, p+folderOf("hers"), x) },
		"for another VM": func(h *taken, p string, x any) auth.Proof { return sign(h.t, alice, p+folderOf("kept"), x) },
		"for another route": func(h *taken, _ string, x any) auth.Proof {
			return sign(h.t, alice, "/api/v1/tasks/logs/"+folderOf("hers"), x)
		},
		"for a longer path": func(h *taken, p string, x any) auth.Proof { return sign(h.t, alice, p+folderOf("hers")+"/x", x) },
		"by GET": func(h *taken, p string, x any) auth.Proof {
			proof := sign(h.t, alice, p+folderOf("hers"), x)
			proof.Method = "GET"
			return late(h.t, proof, 0, alice)
		},
		"an old one": func(h *taken, p string, x any) auth.Proof {
			return late(h.t, sign(h.t, alice, p+folderOf("hers"), x), 4*time.Minute, alice)
		},
		"one of tomorrow": func(h *taken, p string, x any) auth.Proof {
			return late(h.t, sign(h.t, alice, p+folderOf("hers"), x), -4*time.Minute, alice)
		},
		"hers in mallory's name": func(h *taken, p string, x any) auth.Proof {
			proof := sign(h.t, mallory, p+folderOf("hers"), x)
			c, err := auth.ParseHeader(proof.Header)
			must(h.t, err)
			proof.Header = auth.Header(alice.Address(), c.Time, c.Nonce, c.Sign, "")
			return proof
		},
		"with another body": func(h *taken, p string, x any) auth.Proof {
			proof := sign(h.t, alice, p+folderOf("hers"), x)
			proof.Body = append(slices.Clone(proof.Body), ' ')
			return proof
		},
		"a session that reads": func(h *taken, p string, x any) auth.Proof {
			return session(h.t, sign(h.t, alice, p+folderOf("hers"), x), alice, auth.ScopeRead, rent, nil)
		},
		"a session of another rental": func(h *taken, p string, x any) auth.Proof {
			return session(h.t, sign(h.t, alice, p+folderOf("hers"), x), alice, auth.ScopeFull, rented, nil)
		},
		"a session that mallory granted": func(h *taken, p string, x any) auth.Proof {
			return session(h.t, sign(h.t, alice, p+folderOf("hers"), x), mallory, auth.ScopeFull, rent, nil)
		},
		"a session that is over": func(h *taken, p string, x any) auth.Proof {
			return session(h.t, sign(h.t, alice, p+folderOf("hers"), x), alice, auth.ScopeFull, rent, func(g *auth.Grant) { g.Expiry = time.Now().Unix() - 1 })
		},
		"a session of another chain": func(h *taken, p string, x any) auth.Proof {
			return session(h.t, sign(h.t, alice, p+folderOf("hers"), x), alice, auth.ScopeFull, rent, func(g *auth.Grant) { g.ChainID = "dbc-1" })
		},
		"no grant of its session": func(h *taken, p string, x any) auth.Proof {
			proof := session(h.t, sign(h.t, alice, p+folderOf("hers"), x), alice, auth.ScopeFull, rent, nil)
			proof.Grant, proof.GrantSign = "", ""
			return proof
		},
		"nothing": func(*taken, string, any) auth.Proof { return auth.Proof{} },
	}
	word := map[string]string{"username": "dbc", "password": "longenough"}
	for name, forge := range forgeries {
		add(all, "Machines.SetPassword", name, func(h *taken) error { return h.setPassword(forge(h, helper.PathPasswd, word), "hers") })
		for wire, path := range map[steps.Wire]string{steps.Wire_WIRE_CONSOLE: helper.PathConsole, steps.Wire_WIRE_VNC: helper.PathVNC} {
			add(all, "Machines.Connect", fmt.Sprintf("%v: %s", wire, name), func(h *taken) error {
				return h.connect(&steps.ConnectRequest{Uuid: h.id("hers"), Wire: wire, Authority: authorityOf(forge(h, path, nil))})
			})
		}
	}
	add(all, "Machines.SetPassword", "one that was used", func(h *taken) error { return h.setPassword(h.used, "hers") })
	add(all, "Machines.SetPassword", "another password than she signed", func(h *taken) error {
		_, err := h.machines.SetPassword(h.ctx, &steps.SetPasswordRequest{
			Uuid: h.id("hers"), User: "dbc", Password: "mallory's", Authority: authorityOf(h.passwd(alice, "hers")),
		})
		return err
	})
	add(all, "Machines.SetPassword", "another user than she signed", func(h *taken) error {
		_, err := h.machines.SetPassword(h.ctx, &steps.SetPasswordRequest{
			Uuid: h.id("hers"), User: "root", Password: "longenough", Authority: authorityOf(h.passwd(alice, "hers")),
		})
		return err
	})
	add(all, "Machines.SetPassword", "none", func(h *taken) error {
		_, err := h.machines.SetPassword(h.ctx, &steps.SetPasswordRequest{Uuid: h.id("hers"), User: "dbc", Password: "longenough"})
		return err
	})
	add(all, "Machines.Connect", "her screen by her request for the console", func(h *taken) error {
		p := sign(h.t, alice, helper.PathConsole+folderOf("hers"), nil)
		return h.connect(&steps.ConnectRequest{Uuid: h.id("hers"), Wire: steps.Wire_WIRE_VNC, Authority: authorityOf(p)})
	})
	add(all, "Machines.Connect", "twice by one request", func(h *taken) error {
		first := &steps.ConnectRequest{
			Uuid: h.id("hers"), Wire: steps.Wire_WIRE_CONSOLE, Authority: authorityOf(sign(h.t, alice, helper.PathConsole+folderOf("hers"), nil)),
		}
		must(h.t, h.connect(first))
		return h.connect(first)
	})
	add(all, "Machines.Connect", "none", func(h *taken) error {
		return h.connect(&steps.ConnectRequest{Uuid: h.id("hers"), Wire: steps.Wire_WIRE_CONSOLE})
	})
}

// connect opens a wire and closes it.
func (h *taken) connect(first *steps.ConnectRequest) error {
	stream, err := h.machines.Connect(h.ctx)
	if err != nil {
		return err
	}
	_ = stream.Send(first)
	_, err = stream.Recv()
	_ = stream.CloseSend()
	return err
}

func networkAttacks(all map[string][]attack) {
	addHarmless(all, "Network.Ensure", "again", func(h *taken) error {
		_, err := h.network.Ensure(h.ctx, &steps.EnsureRequest{})
		return err
	})
	mine := host.Identify(binding, rented, folderOf("mine"))
	hers := host.Identify(binding, rent, folderOf("hers"))
	for name, card := range map[string]*steps.Card{
		"alice's address at mallory's card": {Tap: mine.Tap, Mac: mine.MAC, Addr: addrOf("hers").String()},
		"alice's MAC at mallory's card":     {Tap: mine.Tap, Mac: hers.MAC, Addr: addrOf("mine").String()},
		"mallory's address at alice's card": {Tap: hers.Tap, Mac: hers.MAC, Addr: addrOf("mine").String()},
		"a card of nobody":                  {Tap: "dt0011223344", Mac: []byte{2, 0, 0, 0, 0, 1}, Addr: "10.9.0.253"},
		"the host's card":                   {Tap: "eth0", Mac: mine.MAC, Addr: addrOf("mine").String()},
		"none":                              nil,
	} {
		add(all, "Network.Apply", name, func(h *taken) error {
			_, err := h.network.Apply(h.ctx, &steps.ApplyRequest{Bindings: []*steps.Binding{{Card: card}}})
			return err
		})
	}
	for _, port := range []uint32{0, 22, 5999, 7001, 1 << 31} {
		add(all, "Network.Apply", fmt.Sprintf("the host's port %d", port), func(h *taken) error {
			card := &steps.Card{Tap: mine.Tap, Mac: mine.MAC, Addr: addrOf("mine").String()}
			_, err := h.network.Apply(h.ctx, &steps.ApplyRequest{Bindings: []*steps.Binding{{
				Card: card, Ports: []*steps.Port{{Protocol: "tcp", Host: port, Guest: 22}},
			}}})
			return err
		})
	}
}

func fileAttacks(all map[string][]attack) {
	system := func(change func(*steps.MakeSystemRequest)) func(h *taken) error {
		return func(h *taken) error {
			req := &steps.MakeSystemRequest{Folder: folderOf("hers"), Image: "tiny.qcow2", Gib: 10, RentId: rent, Wallet: alice.Address()}
			_, err := h.files.MakeSystem(h.ctx, changed(req, change))
			return err
		}
	}
	addHarmless(all, "Files.MakeSystem", "again", system(func(*steps.MakeSystemRequest) {}))
	for name, change := range map[string]func(*steps.MakeSystemRequest){
		"for mallory":       func(r *steps.MakeSystemRequest) { r.Wallet = mallory.Address() },
		"by another rental": func(r *steps.MakeSystemRequest) { r.RentId = rented },
		"of another image":  func(r *steps.MakeSystemRequest) { r.Image = "other.qcow2" },
		"of another size":   func(r *steps.MakeSystemRequest) { r.Gib = 11 },
		"far too large":     func(r *steps.MakeSystemRequest) { r.Gib = 1 << 62 },
		"for nobody":        func(r *steps.MakeSystemRequest) { r.Wallet = "" },
		"for a path":        func(r *steps.MakeSystemRequest) { r.Wallet = "../../etc" },
		"of a path":         func(r *steps.MakeSystemRequest) { r.Image = "../tasks/" + folderOf("hers") + "/system.qcow2" },
	} {
		add(all, "Files.MakeSystem", name, system(change))
		add(all, "Files.MakeSystem", "kept disks "+name, system(func(r *steps.MakeSystemRequest) { r.Folder = folderOf("kept"); change(r) }))
	}
	for _, odd := range strange {
		folder := &steps.FolderRequest{Folder: odd}
		add(all, "Files.MakeSystem", fmt.Sprintf("folder %.30q", odd), system(func(r *steps.MakeSystemRequest) { r.Folder = odd }))
		for call, try := range map[string]func(h *taken) error{
			"Remove":  func(h *taken) error { _, err := h.files.Remove(h.ctx, folder); return err },
			"Written": func(h *taken) error { _, err := h.files.Written(h.ctx, folder); return err },
			"SizeDisk": func(h *taken) error {
				_, err := h.files.SizeDisk(h.ctx, &steps.SizeDiskRequest{Folder: odd, Disk: "vdb", Gib: 1, Create: true})
				return err
			},
			"RemoveDisk": func(h *taken) error {
				_, err := h.files.RemoveDisk(h.ctx, &steps.RemoveDiskRequest{Folder: folderOf("hers"), Disk: odd})
				return err
			},
			"RemoveSeed": func(h *taken) error { _, err := h.files.RemoveSeed(h.ctx, folder); return err },
			"ReadConsole": func(h *taken) error {
				_, err := h.files.ReadConsole(h.ctx, &steps.ReadConsoleRequest{Folder: odd})
				return err
			},
			"TrimConsole": func(h *taken) error { _, err := h.files.TrimConsole(h.ctx, folder); return err },
		} {
			add(all, "Files."+call, fmt.Sprintf("%.30q", odd), try)
		}
		add(all, "Files.SizeDisk", fmt.Sprintf("disk %.30q", odd), func(h *taken) error {
			_, err := h.files.SizeDisk(h.ctx, &steps.SizeDiskRequest{Folder: folderOf("hers"), Disk: odd, Gib: 1, Create: true})
			return err
		})
	}
	add(all, "Files.Remove", "what runs", func(h *taken) error {
		_, err := h.files.Remove(h.ctx, &steps.FolderRequest{Folder: folderOf("hers")})
		return err
	})
	add(all, "Files.SizeDisk", "of a folder that nobody has", func(h *taken) error {
		_, err := h.files.SizeDisk(h.ctx, &steps.SizeDiskRequest{Folder: folderOf("none"), Disk: "vdb", Gib: 1, Create: true})
		return err
	})
	add(all, "Files.SizeDisk", "far too large", func(h *taken) error {
		_, err := h.files.SizeDisk(h.ctx, &steps.SizeDiskRequest{Folder: folderOf("hers"), Disk: "vdb", Gib: 1 << 62})
		return err
	})
	addHarmless(all, "Files.ListFolders", "names, and nothing else", func(h *taken) error {
		_, err := h.files.ListFolders(h.ctx, &steps.ListFoldersRequest{})
		return err
	})
}

func seedAttacks(all map[string][]attack) {
	for name, change := range map[string]func(h *taken, r *steps.WriteSeedRequest){
		"a new instance with mallory's key": func(_ *taken, r *steps.WriteSeedRequest) {
			r.InstanceId, r.AuthorizedKeys = "i-2", []string{someKey}
		},
		"a new instance":      func(_ *taken, r *steps.WriteSeedRequest) { r.InstanceId = "i-2" },
		"mallory's instance":  func(h *taken, r *steps.WriteSeedRequest) { r.InstanceId = h.id("mine") },
		"mallory's key":       func(_ *taken, r *steps.WriteSeedRequest) { r.AuthorizedKeys = []string{someKey} },
		"mallory's key too":   func(_ *taken, r *steps.WriteSeedRequest) { r.AuthorizedKeys = append(r.AuthorizedKeys, someKey) },
		"no key":              func(_ *taken, r *steps.WriteSeedRequest) { r.AuthorizedKeys = nil },
		"a password":          func(_ *taken, r *steps.WriteSeedRequest) { r.PasswordHash = aHash },
		"another host key":    func(_ *taken, r *steps.WriteSeedRequest) { r.HostKey = make([]byte, 32) },
		"another user":        func(_ *taken, r *steps.WriteSeedRequest) { r.User = "mallory" },
		"another host name":   func(_ *taken, r *steps.WriteSeedRequest) { r.Hostname = "mallory" },
		"mallory's card":      func(h *taken, r *steps.WriteSeedRequest) { r.Mac = h.seedOf("mine").Mac },
		"mallory's address":   func(_ *taken, r *steps.WriteSeedRequest) { r.Addr = addrOf("mine").String() },
		"the gateway":         func(_ *taken, r *steps.WriteSeedRequest) { r.Addr = "10.9.0.1" },
		"a key with commands": func(_ *taken, r *steps.WriteSeedRequest) { r.AuthorizedKeys = []string{"x\nruncmd: [id]"} },
	} {
		for _, victim := range []string{"hers", "kept"} {
			add(all, "Files.WriteSeed", name+" for "+victim, func(h *taken) error {
				_, err := h.files.WriteSeed(h.ctx, changed(h.seedOf(victim), func(r *steps.WriteSeedRequest) { change(h, r) }))
				return err
			})
			// The seed is taken away first: what is recorded stays.
			add(all, "Files.RemoveSeed", name+" for "+victim, func(h *taken) error {
				_, err := h.files.RemoveSeed(h.ctx, &steps.FolderRequest{Folder: folderOf(victim)})
				must(h.t, err)
				_, refusal := h.files.WriteSeed(h.ctx, changed(h.seedOf(victim), func(r *steps.WriteSeedRequest) { change(h, r) }))
				_, err = h.files.WriteSeed(h.ctx, h.seedOf(victim))
				must(h.t, err)
				return refusal
			})
		}
	}
	add(all, "Files.WriteSeed", "mallory's whole seed into alice's folder", func(h *taken) error {
		_, err := h.files.WriteSeed(h.ctx, changed(h.seedOf("mine"), func(r *steps.WriteSeedRequest) { r.Folder = folderOf("hers") }))
		return err
	})
	add(all, "Files.WriteSeed", "alice's address for mallory", func(h *taken) error {
		_, err := h.files.WriteSeed(h.ctx, changed(h.seedOf("mine"), func(r *steps.WriteSeedRequest) { r.Addr = addrOf("hers").String() }))
		return err
	})
	add(all, "Files.WriteSeed", "a folder that nobody has", func(h *taken) error {
		_, err := h.files.WriteSeed(h.ctx, changed(h.seedOf("mine"), func(r *steps.WriteSeedRequest) { r.Folder = folderOf("none") }))
		return err
	})
	for _, odd := range strange {
		add(all, "Files.WriteSeed", fmt.Sprintf("folder %.30q", odd), func(h *taken) error {
			_, err := h.files.WriteSeed(h.ctx, changed(h.seedOf("mine"), func(r *steps.WriteSeedRequest) { r.Folder = odd }))
			return err
		})
	}
	addHarmless(all, "Files.WriteSeed", "the same again", func(h *taken) error {
		_, err := h.files.WriteSeed(h.ctx, h.seedOf("hers"))
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
		"by mallory":              take("kept", rented, by(mallory, helper.PathCreate, wish("kept"))),
		"by another route":        take("kept", rent, by(alice, helper.PathPasswd+folderOf("kept"), wish("kept"))),
		"by a plain create":       take("kept", rent, by(alice, helper.PathCreate, map[string]any{"image_name": "tiny.qcow2"})),
		"by one for other disks":  take("kept", rent, by(alice, helper.PathCreate, wish("hers"))),
		"by one for another task": take("kept", rent, by(alice, helper.PathCreate, map[string]any{"restore_task_id": folderOf("kept"), "task_id": folderOf("else")})),
		"by an old one": take("kept", rent, func(h *taken) *auth.Proof {
			p := late(h.t, sign(h.t, alice, helper.PathCreate, wish("kept")), 2*time.Hour, alice)
			return &p
		}),
		"by a session that reads": take("kept", rent, func(h *taken) *auth.Proof {
			p := session(h.t, sign(h.t, alice, helper.PathCreate, wish("kept")), alice, auth.ScopeRead, rent, nil)
			return &p
		}),
		"by a session of another rental": take("kept", rented, func(h *taken) *auth.Proof {
			p := session(h.t, sign(h.t, alice, helper.PathCreate, wish("kept")), alice, auth.ScopeFull, rent, nil)
			return &p
		}),
		"of a VM that runs":       take("hers", rent, by(alice, helper.PathCreate, wish("hers"))),
		"of a folder nobody has":  take("none", rent, by(alice, helper.PathCreate, wish("none"))),
		"by the task that has it": take("kept", rented, by(alice, helper.PathCreate, wish("mine"))),
		"for a task that is a path": func(h *taken) error {
			p := sign(h.t, alice, helper.PathCreate, wish("kept"))
			_, err := h.files.TakeOver(h.ctx, &steps.TakeOverRequest{Folder: folderOf("kept"), TaskId: "../../etc", RentId: rent, Authority: authorityOf(p)})
			return err
		},
	} {
		add(all, "Files.TakeOver", name, try)
	}
}
