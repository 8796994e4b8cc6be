package rental

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
	cdc.RegisterConcrete(Params{}, "dbc/rental/Params", nil)
	legacy.RegisterAminoMsg(cdc, &MsgRentMachine{}, "dbc/rental/MsgRentMachine")
	legacy.RegisterAminoMsg(cdc, &MsgConfirmRent{}, "dbc/rental/MsgConfirmRent")
	legacy.RegisterAminoMsg(cdc, &MsgCancelRent{}, "dbc/rental/MsgCancelRent")
	legacy.RegisterAminoMsg(cdc, &MsgLeaveRental{}, "dbc/rental/MsgLeaveRental")
	legacy.RegisterAminoMsg(cdc, &MsgReletMachine{}, "dbc/rental/MsgReletMachine")
	legacy.RegisterAminoMsg(cdc, &MsgBreakRental{}, "dbc/rental/MsgBreakRental")
	legacy.RegisterAminoMsg(cdc, &MsgClaimRent{}, "dbc/rental/MsgClaimRent")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "dbc/rental/MsgUpdateParams")
}

// RegisterInterfaces registers the messages for use in transactions.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil),
		&MsgRentMachine{},
		&MsgConfirmRent{},
		&MsgCancelRent{},
		&MsgLeaveRental{},
		&MsgReletMachine{},
		&MsgBreakRental{},
		&MsgClaimRent{},
		&MsgUpdateParams{},
	)
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
