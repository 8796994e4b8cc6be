package junk

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/machine"
)

// Kind of spam.
type Kind struct {
	Name string
	// Gas that a transaction wants and pays for.
	Gas  uint64
	Memo string
	// Keys that sign it, all of one multisig where there are several.
	Keys int
	// Make returns a message of an account that nobody else uses.
	Make func(from string) sdk.Msg
}

// members of a multisig: as many signatures as a transaction may have.
const members = 7

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{
		{Name: "small", Gas: 90_000, Keys: 1, Make: transfer},
		// A memo as long as one may be: what it takes is 25 gas for each byte.
		{Name: "memo", Gas: 120_000, Keys: 1, Memo: strings.Repeat("m", 256), Make: transfer},
		// Each signature takes 10,000 gas, and its 64 bytes and those of its key 25 each.
		{Name: "multisig", Gas: 220_000, Keys: members, Make: transfer},
		{Name: "bytes", Gas: 6_700_000, Keys: 1, Make: func(from string) sdk.Msg {
			return &machine.MsgAnswerChallenge{Operator: from, Signature: bytes.Repeat([]byte{1}, 255<<10)}
		}},
		{Name: "gas", Gas: 50_000_000, Keys: 1, Make: transfer},
		{Name: "transfers", Gas: 6_000_000, Keys: 1, Make: transfers}, // of which each does as much as its gas lets it
	}
}

func transfer(from string) sdk.Msg {
	return &banktypes.MsgSend{FromAddress: from, ToAddress: from, Amount: sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 1))}
}

func transfers(from string) sdk.Msg {
	coins := sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 1))
	msg := &banktypes.MsgMultiSend{Inputs: []banktypes.Input{{Address: from, Coins: sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 60))}}}
	for i := range 60 {
		msg.Outputs = append(msg.Outputs, banktypes.Output{Address: chain.AddressOf(fmt.Appendf(nil, "%-20d", i)), Coins: coins})
	}
	return msg
}

// Counts of what became of a flood's transactions, by reason: the code that a
// mempool refused one with, or "taken". The zero value is ready to use.
type Counts struct {
	mu  sync.Mutex
	all map[string]int
}

// Taken is what a transaction counts as that a mempool accepted.
const Taken = "taken"

// Add counts one transaction.
func (c *Counts) Add(codespace string, code uint32) {
	reason := Taken
	if code != 0 {
		reason = fmt.Sprintf("%s/%d", codespace, code)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = make(map[string]int)
	}
	c.all[reason]++
}

// Of returns how many there were for a reason.
func (c *Counts) Of(reason string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[reason]
}

// String lists them for people.
func (c *Counts) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.TrimPrefix(fmt.Sprint(c.all), "map")
}
