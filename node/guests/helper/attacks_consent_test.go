package helper_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
)

func sessionKey() *secp256k1.PrivateKey { return secp256k1.PrivKeyFromBytes([]byte{9, 9}) }

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
		add(all, "Machines.SetPassword", name, func(h *taken) error { return h.setPassword(forge(h, guests.PathPasswd, word), "hers") })
		for wire, path := range map[steps.Wire]string{steps.Wire_WIRE_CONSOLE: guests.PathConsole, steps.Wire_WIRE_VNC: guests.PathVNC} {
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
		p := sign(h.t, alice, guests.PathConsole+folderOf("hers"), nil)
		return h.connect(&steps.ConnectRequest{Uuid: h.id("hers"), Wire: steps.Wire_WIRE_VNC, Authority: authorityOf(p)})
	})
	add(all, "Machines.Connect", "twice by one request", func(h *taken) error {
		first := &steps.ConnectRequest{
			Uuid: h.id("hers"), Wire: steps.Wire_WIRE_CONSOLE, Authority: authorityOf(sign(h.t, alice, guests.PathConsole+folderOf("hers"), nil)),
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
