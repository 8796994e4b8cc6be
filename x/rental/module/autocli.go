package module

import autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

func positional(fields ...string) []*autocliv1.PositionalArgDescriptor {
	all := make([]*autocliv1.PositionalArgDescriptor, len(fields))
	for i, field := range fields {
		all[i] = &autocliv1.PositionalArgDescriptor{ProtoField: field}
	}
	return all
}

// AutoCLIOptions describe the commands that the SDK makes. rent-machine and
// relet-machine are written by hand in the daemon: they take 72h or 3d.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "dbc.rental.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "Rental", Use: "rental [rent-id]", Short: "Show a rental", PositionalArgs: positional("rent_id")},
				{RpcMethod: "RentalsByRenter", Use: "rentals-by-renter [renter]", Short: "List a renter's rentals, newest first", PositionalArgs: positional("renter")},
				{RpcMethod: "RentalsByMachine", Use: "rentals-by-machine [machine-id]", Short: "List a machine's rentals, newest first", PositionalArgs: positional("machine_id")},
				{RpcMethod: "Quote", Use: "quote [machine-id] [duration-seconds]", Short: "Show what a rental would cost now", PositionalArgs: positional("machine_id", "duration_seconds")},
				{RpcMethod: "Explain", Use: "explain [rent-id]", Short: "Tell what happened to a rental and why", PositionalArgs: positional("rent_id")},
				{RpcMethod: "Params", Use: "params", Short: "Show the parameters of rentals"},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service: "dbc.rental.v1.Msg",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "RentMachine", Skip: true},
				{RpcMethod: "ReletMachine", Skip: true},
				{RpcMethod: "ConfirmRent", Use: "confirm-rent [rent-id]", Short: "Confirm a trial before its deadline", PositionalArgs: positional("rent_id")},
				{RpcMethod: "CancelRent", Use: "cancel-rent [rent-id]", Short: "Cancel a trial and take the rent back", PositionalArgs: positional("rent_id")},
				{RpcMethod: "BreakRental", Use: "break-rental [rent-id]", Short: "End a rental early", PositionalArgs: positional("rent_id")},
				{RpcMethod: "ClaimRent", Use: "claim-rent [rent-id]...", Short: "Pay earned rent to the payout address", PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "rent_ids", Varargs: true}}},
				{RpcMethod: "UpdateParams", Skip: true}, // governance proposes it
			},
		},
	}
}
