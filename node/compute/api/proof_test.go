package api_test

import (
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
)

// TestProofs: what needs its renter's own signature reaches the VM's side with the
// request as it was signed, by a wallet, a session and a multisig's session.
func TestProofs(t *testing.T) {
	t.Parallel()
	const passwd = `{"username":"dbc","password":"longenough"}`
	restore := `{"restore_task_id":"` + sampleTask + `","ssh_port":"5682"}`
	for name, c := range map[string]struct {
		multi bool
		ask   func(b *bench, session, wallet string) (int, api.Reply)
	}{
		"wallet": {ask: func(b *bench, _, _ string) (int, api.Reply) {
			return b.ask(alice, api.PathTaskPasswd+sampleTask, passwd, nil)
		}},
		"wallet, kept disks": {ask: func(b *bench, _, _ string) (int, api.Reply) { return b.ask(alice, api.PathTaskStart, restore, nil) }},
		"session": {ask: func(b *bench, session, wallet string) (int, api.Reply) {
			return b.by(seventh, wallet, session, api.PathTaskPasswd+sampleTask, passwd)
		}},
		"multisig": {multi: true, ask: func(b *bench, session, wallet string) (int, api.Reply) {
			return b.by(seventh, wallet, session, api.PathTaskStart, restore)
		}},
		"console": {ask: func(b *bench, _, _ string) (int, api.Reply) {
			_, code := b.socket(api.PathTaskConsole+sampleTask, b.opened(alice, api.PathTaskConsole+sampleTask, `{}`))
			return 200, api.Reply{Code: api.Code(code)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			g, wallet, signers := b.grant(auth.ScopeFull), alice.Address(), []auth.Signer{alice}
			var multi *api.Multisig
			if c.multi {
				members := []string{publicKey(t, alice), publicKey(t, bob)}
				multi, signers = &api.Multisig{Threshold: "2", PublicKeys: members}, []auth.Signer{alice, bob}
				wallet, _ = auth.Multisig{Threshold: 2, PublicKeys: members}.Address()
				r := b.m.word.Open[7]
				r.Renter = wallet
				b.m.word.Open[7] = r
			}
			status, reply := b.mint(g, multi, signers...)
			wants(t, "mint", status, reply, 200, "")
			status, reply = c.ask(b, g.ID(), wallet)
			wants(t, name, status, reply, 200, "")
			if len(b.m.proofs) != 1 {
				t.Fatalf("%d proofs arrived", len(b.m.proofs))
			}
			proved, err := auth.VerifyProof(b.m.proofs[0], chainID, b.k.MachineID(), now, auth.MaxSkew)
			if err != nil || proved.Wallet != wallet {
				t.Errorf("proved %+v, %v, want %s", proved, err, wallet)
			}
		})
	}
}
