package helper_test

import (
	"fmt"
	"slices"

	"github.com/dbc-network/dbc/node/guests/helper/steps"
)

func networkAttacks(all map[string][]attack) {
	addHarmless(all, "Network.Ensure", "again", func(h *taken) error {
		_, err := h.network.Ensure(h.ctx, &steps.EnsureRequest{})
		return err
	})
	apply := func(h *taken, c *steps.Connection) error {
		_, err := h.network.Apply(h.ctx, &steps.ApplyRequest{Connections: []*steps.Connection{c}})
		return err
	}
	for _, odd := range append(slices.Clone(strange), folderOf("none")) {
		add(all, "Network.Apply", fmt.Sprintf("folder %.30q", odd), func(h *taken) error { return apply(h, &steps.Connection{Folder: odd}) })
	}
	add(all, "Network.Apply", "none", func(h *taken) error { return apply(h, nil) })
	for _, port := range []uint32{0, 22, 5999, 7001, 1 << 31} {
		add(all, "Network.Apply", fmt.Sprintf("the host's port %d", port), func(h *taken) error {
			return apply(h, &steps.Connection{Folder: folderOf("mine"), Ports: []*steps.Port{{Name: "ssh", Protocol: "tcp", Host: port, Guest: 22}}})
		})
	}
	addHarmless(all, "Network.Apply", "ports of the host to alice's VM", func(h *taken) error {
		return apply(h, &steps.Connection{Folder: folderOf("hers"), Ports: []*steps.Port{{Name: "ssh", Protocol: "tcp", Host: 6000, Guest: 22}}})
	})
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
			"Wipe":   func(h *taken) error { _, err := h.files.Wipe(h.ctx, folder); return err },
			"Stored": func(h *taken) error { _, err := h.files.Stored(h.ctx, folder); return err },
			"CheckTask": func(h *taken) error {
				_, err := h.files.CheckTask(h.ctx, &steps.CheckTaskRequest{TaskId: odd})
				return err
			},
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
	add(all, "Files.Wipe", "what runs", func(h *taken) error {
		_, err := h.files.Wipe(h.ctx, &steps.FolderRequest{Folder: folderOf("hers")})
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
