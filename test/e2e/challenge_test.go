package e2e

import (
	"testing"

	"github.com/dbc-network/dbc/devnet"
	"github.com/dbc-network/dbc/x/machine"
)

// TestChallenge: the node answers by itself, so the machine stays online and
// the operator has the deposit, less the answer's gas.
func TestChallenge(t *testing.T) {
	w := start(t)
	stranger := w.renter("stranger", coins)
	operator := w.info.Accounts[devnet.Operator]
	before := w.balance(operator)
	params, err := w.chain.MachineParams(w.ctx)
	w.must(err)
	for range 2 {
		_, err := w.chain.Broadcast(w.ctx, stranger, &machine.MsgChallenge{
			Challenger: stranger.Address(), MachineId: w.info.MachineID,
		})
		w.must(err)
		var listed machine.Listing
		w.waitFor("the challenge is answered", func() bool {
			listed, err = w.chain.Machine(w.ctx, w.info.MachineID)
			return err == nil && listed.Machine.OpenChallenge == 0
		})
		if listed.Machine.State != machine.MACHINE_STATE_ONLINE {
			t.Fatalf("the machine is %s", listed.Machine.State)
		}
		after := w.balance(operator)
		if gained := after - before; after < before || gained > params.ChallengeDeposit || gained < params.ChallengeDeposit*9/10 {
			t.Errorf("the operator had %d and has %d; the deposit is %d", before, after, params.ChallengeDeposit)
		}
		before = after
	}
}
