package machine

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
	cdc.RegisterConcrete(Params{}, "dbc/machine/Params", nil)
	legacy.RegisterAminoMsg(cdc, &MsgBondMachines{}, "dbc/machine/MsgBondMachines")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateFacts{}, "dbc/machine/MsgUpdateFacts")
	legacy.RegisterAminoMsg(cdc, &MsgSetPrice{}, "dbc/machine/MsgSetPrice")
	legacy.RegisterAminoMsg(cdc, &MsgSetSlots{}, "dbc/machine/MsgSetSlots")
	legacy.RegisterAminoMsg(cdc, &MsgSetOnline{}, "dbc/machine/MsgSetOnline")
	legacy.RegisterAminoMsg(cdc, &MsgSetOffline{}, "dbc/machine/MsgSetOffline")
	legacy.RegisterAminoMsg(cdc, &MsgDrain{}, "dbc/machine/MsgDrain")
	legacy.RegisterAminoMsg(cdc, &MsgChallenge{}, "dbc/machine/MsgChallenge")
	legacy.RegisterAminoMsg(cdc, &MsgAnswerChallenge{}, "dbc/machine/MsgAnswerChallenge")
	legacy.RegisterAminoMsg(cdc, &MsgAddStake{}, "dbc/machine/MsgAddStake")
	legacy.RegisterAminoMsg(cdc, &MsgRetire{}, "dbc/machine/MsgRetire")
	legacy.RegisterAminoMsg(cdc, &MsgWithdrawStake{}, "dbc/machine/MsgWithdrawStake")
	legacy.RegisterAminoMsg(cdc, &MsgReleaseGPU{}, "dbc/machine/MsgReleaseGPU")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "dbc/machine/MsgUpdateParams")
}

// RegisterInterfaces registers the messages for use in transactions.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil),
		&MsgBondMachines{},
		&MsgUpdateFacts{},
		&MsgSetPrice{},
		&MsgSetSlots{},
		&MsgSetOnline{},
		&MsgSetOffline{},
		&MsgDrain{},
		&MsgChallenge{},
		&MsgAnswerChallenge{},
		&MsgAddStake{},
		&MsgRetire{},
		&MsgWithdrawStake{},
		&MsgReleaseGPU{},
		&MsgUpdateParams{},
	)
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
