// Package challenge proves that a machine is there whenever somebody on the
// chain asks: the machine's key signs the answer, the operator's key sends it.
package challenge

import (
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/x/machine"
)

// Answer is the message that answers c. Its signature is good for this chain,
// machine and challenge alone, so it can be made as often as one likes.
func Answer(k key.Key, chainID, operator string, c machine.Challenge) *machine.MsgAnswerChallenge {
	id := k.MachineID()
	return &machine.MsgAnswerChallenge{
		Operator: operator, MachineId: id, ChallengeId: c.Id, Height: c.Height,
		Signature: k.Sign(machine.AnswerText(chainID, id, c.Id, c.Height)),
	}
}
