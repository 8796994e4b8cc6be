package chain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/dbc-network/dbc/x/guard"
)

// TestTransactionsAreRead decodes the guard's messages: alone, in a proposal
// and under an authz grant.
func TestTransactionsAreRead(t *testing.T) {
	t.Parallel()
	packed := func(msg sdk.Msg) *codectypes.Any {
		held, err := codectypes.NewAnyWithValue(msg)
		require.NoError(t, err)
		return held
	}
	pause := &guard.MsgPauseRentals{Signer: "dbc1g", Until: time.Unix(1, 0).UTC()}
	update := &guard.MsgUpdateParams{Authority: "dbc1gov", Params: guard.DefaultParams()}
	for name, msg := range map[string]sdk.Msg{
		"pause":    pause,
		"resume":   &guard.MsgResumeRentals{Signer: "dbc1g"},
		"params":   update,
		"proposal": &govv1.MsgSubmitProposal{Messages: []*codectypes.Any{packed(update)}},
		"vote":     &govv1.MsgVote{ProposalId: 1},
		"by grant": &authz.MsgExec{Msgs: []*codectypes.Any{packed(pause), packed(&banktypes.MsgSend{})}},
	} {
		cdc := newCodec()
		data, err := cdc.Marshal(&sdktx.TxBody{Messages: []*codectypes.Any{packed(msg)}})
		require.NoError(t, err)
		var got sdktx.TxBody
		require.NoError(t, cdc.Unmarshal(data, &got), name)
		text, err := cdc.MarshalJSON(&got)
		require.NoError(t, err, name)
		require.Contains(t, string(text), sdk.MsgTypeURL(msg))
		if exec, ok := got.Messages[0].GetCachedValue().(*authz.MsgExec); ok {
			inner, err := exec.GetMessages()
			require.NoError(t, err)
			require.Equal(t, pause, inner[0])
		}
	}
}
