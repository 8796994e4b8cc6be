package guard

import (
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/legacy"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterLegacyAminoCodec names the messages for amino-JSON signing, which
// Keplr and Ledger use.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	cdc.RegisterConcrete(Params{}, "dbc/guard/Params", nil)
	legacy.RegisterAminoMsg(cdc, &MsgPauseRentals{}, "dbc/guard/MsgPauseRentals")
	legacy.RegisterAminoMsg(cdc, &MsgResumeRentals{}, "dbc/guard/MsgResumeRentals")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "dbc/guard/MsgUpdateParams")
}

// RegisterInterfaces registers the messages for use in transactions.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil), &MsgPauseRentals{}, &MsgResumeRentals{}, &MsgUpdateParams{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
