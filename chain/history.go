package chain

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	"github.com/cosmos/gogoproto/proto"

	sdktx "github.com/cosmos/cosmos-sdk/types/tx"
)

// MaxHistory is the maximum number of transactions that History returns. It is
// CometBFT's own limit.
const MaxHistory = 100

// Transaction is a transaction that moved coins of an account.
type Transaction struct {
	Hash   string
	Height int64
	// Time is the block time.
	Time time.Time
	// Messages are the names of its messages, such as MsgRentMachine.
	Messages []string
	// Code is 0 if it succeeded. Its gas is paid either way.
	Code uint32
	// Came and Went are in udbc and include gas.
	Came, Went uint64
}

// History returns the newest transactions of an account, at most limit and
// MaxHistory. It does not include what blocks do by themselves, such as the
// refund of a trial.
func (c *Client) History(ctx context.Context, address string, limit int) ([]Transaction, error) {
	if _, err := ParseAddress(address); err != nil {
		return nil, err // it would become a part of the query
	}
	limit = min(max(limit, 1), MaxHistory)
	found := map[string]Transaction{}
	for _, who := range []string{"coin_spent.spender", "coin_received.receiver"} {
		res, err := c.rpc.TxSearch(ctx, fmt.Sprintf("%s='%s'", who, address), false, nil, &limit, "desc")
		if err != nil {
			return nil, rpcError(ctx, "ask for the transactions of "+address, err)
		}
		for _, tx := range res.Txs {
			found[tx.Hash.String()] = newTransaction(tx, address)
		}
	}
	list := make([]Transaction, 0, len(found))
	for _, tx := range found {
		list = append(list, tx)
	}
	slices.SortFunc(list, func(a, b Transaction) int {
		return cmp.Or(cmp.Compare(b.Height, a.Height), cmp.Compare(a.Hash, b.Hash))
	})
	list = list[:min(len(list), limit)]
	for i := range list {
		var err error
		if list[i].Time, err = c.blockTime(ctx, list[i].Height); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func newTransaction(tx *coretypes.ResultTx, address string) Transaction {
	return Transaction{
		Hash: tx.Hash.String(), Height: tx.Height, Code: tx.TxResult.Code, Messages: messageNames(tx.Tx),
		Came: moved(tx.TxResult.Events, "coin_received", "receiver", address),
		Went: moved(tx.TxResult.Events, "coin_spent", "spender", address),
	}
}

// messageNames decodes only the names of a transaction's messages, because not
// all types are known here.
func messageNames(tx []byte) (names []string) {
	var raw sdktx.TxRaw
	var body sdktx.TxBody
	if proto.Unmarshal(tx, &raw) != nil || proto.Unmarshal(raw.BodyBytes, &body) != nil {
		return nil
	}
	for _, msg := range body.Messages {
		names = append(names, messageName(msg.TypeUrl))
	}
	return names
}

// messageName returns MsgRentMachine for /dbc.rental.v1.MsgRentMachine.
func messageName(typeURL string) string { return strings.TrimPrefix(path.Ext(typeURL), ".") }

// moved adds up the bank events of one kind.
func moved(events []abci.Event, kind, role, address string) (udbc uint64) {
	for _, event := range events {
		if event.Type != kind {
			continue
		}
		var who, amount string
		for _, attribute := range event.Attributes {
			switch attribute.Key {
			case role:
				who = attribute.Value
			case "amount":
				amount = attribute.Value
			}
		}
		n, err := strconv.ParseUint(strings.TrimSuffix(amount, Denom), 10, 64)
		if who == address && err == nil && n <= math.MaxUint64-udbc {
			udbc += n
		}
	}
	return udbc
}
