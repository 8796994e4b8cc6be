// Package challenge answers challenges to prove that a machine is there: the
// machine's key signs the answer, the operator's key sends it.
package challenge

import (
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/x/machine"
)

// Answer returns the message that answers c. Its signature is valid for this
// chain, machine and challenge only, so it can be made any number of times.
func Answer(k key.Key, chainID, operator string, c machine.Challenge) *machine.MsgAnswerChallenge {
	id := k.MachineID()
	return &machine.MsgAnswerChallenge{
		Operator: operator, MachineId: id, ChallengeId: c.Id, Height: c.Height,
		Signature: k.Sign(machine.AnswerText(chainID, id, c.Id, c.Height)),
	}
}
