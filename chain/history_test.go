package chain

import (
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/google/go-cmp/cmp"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"
)

func TestMoved(t *testing.T) {
	t.Parallel()
	event := func(kind, role, who, amount string) abci.Event {
		return abci.Event{Type: kind, Attributes: []abci.EventAttribute{
			{Key: role, Value: who}, {Key: "amount", Value: amount}, {Key: "msg_index", Value: "0"},
		}}
	}
	events := []abci.Event{
		event("coin_spent", "spender", "a", "5udbc"), event("coin_received", "receiver", "a", "7udbc"),
		event("coin_spent", "spender", "b", "11udbc"), event("coin_spent", "spender", "a", "2udbc"),
		event("coin_spent", "spender", "a", ""), event("coin_spent", "spender", "a", "1uatom"),
		event("coin_spent", "spender", "a", "18446744073709551615udbc"),
	}
	if went, came := moved(events, "coin_spent", "spender", "a"), moved(events, "coin_received", "receiver", "a"); went != 7 || came != 7 {
		t.Errorf("went %d, came %d", went, came)
	}
}

func TestMessageNames(t *testing.T) {
	t.Parallel()
	body, err := proto.Marshal(&sdktx.TxBody{Messages: []*codectypes.Any{
		{TypeUrl: "/dbc.rental.v1.MsgRentMachine"}, {TypeUrl: "/not.known.here.MsgOther"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	tx, err := proto.Marshal(&sdktx.TxRaw{BodyBytes: body})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"MsgRentMachine", "MsgOther"}, messageNames(tx)); diff != "" {
		t.Error(diff)
	}
	if names := messageNames([]byte{0xff}); names != nil {
		t.Errorf("read %q", names)
	}
}
