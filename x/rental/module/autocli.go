package module

import autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

const exampleID = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"

func positional(fields ...string) []*autocliv1.PositionalArgDescriptor {
	all := make([]*autocliv1.PositionalArgDescriptor, len(fields))
	for i, field := range fields {
		all[i] = &autocliv1.PositionalArgDescriptor{ProtoField: field}
	}
	return all
}

// AutoCLIOptions describe the commands that the SDK makes. rent-machine and
// relet-machine are written by hand in the daemon: they accept 72h or 3d.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "dbc.rental.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "Rental", Use: "rental [rent-id]", Short: "Show a rental",
					Example: "dbcd query rental rental 17", PositionalArgs: positional("rent_id"),
				},
				{
					RpcMethod: "RentalsByRenter", Use: "rentals-by-renter [renter]", Short: "List a renter's rentals, newest first",
					Example: "dbcd query rental rentals-by-renter dbc1qqqsyqcyq5rqwzqfpg9scrgwpugpzysntf6lc5 --open-only", PositionalArgs: positional("renter"),
				},
				{
					RpcMethod: "RentalsByMachine", Use: "rentals-by-machine [machine-id]", Short: "List a machine's rentals, newest first",
					Example: "dbcd query rental rentals-by-machine " + exampleID + " --open-only", PositionalArgs: positional("machine_id"),
				},
				{
					RpcMethod: "Quote", Use: "quote [machine-id] [duration-seconds]", Short: "Show what a rental, or with --rent-id a renewal, would cost now, and what leaving would bring",
					Example: "dbcd query rental quote " + exampleID + " 259200 --slots 1\ndbcd query rental quote " + exampleID + " 43200 --rent-id 17\ndbcd query rental quote " + exampleID + " 0 --rent-id 17 --leave-at 2026-12-24T18:00:00Z", PositionalArgs: positional("machine_id", "duration_seconds"),
				},
				{
					RpcMethod: "Explain", Use: "explain [rent-id]", Short: "Tell what happened to a rental and why",
					Example: "dbcd query rental explain 17", PositionalArgs: positional("rent_id"),
				},
				{RpcMethod: "Params", Use: "params", Short: "Show the parameters of rentals", Example: "dbcd query rental params"},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service: "dbc.rental.v1.Msg",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "RentMachine", Skip: true},
				{RpcMethod: "ReletMachine", Skip: true},
				{
					RpcMethod: "ConfirmRent", Use: "confirm-rent [rent-id]", Short: "Confirm a trial before its deadline; 0 with --machine-id names your only one there",
					Example: "dbcd tx rental confirm-rent 17 --from alice\ndbcd tx rental confirm-rent 0 --machine-id " + exampleID + " --from alice", PositionalArgs: positional("rent_id"),
				},
				{
					RpcMethod: "CancelRent", Use: "cancel-rent [rent-id]", Short: "Cancel a trial and take the rent back, without the fee",
					Example: "dbcd tx rental cancel-rent 17 --from alice", PositionalArgs: positional("rent_id"),
				},
				{
					RpcMethod: "LeaveRental", Use: "leave-rental [rent-id]", Short: "Leave a confirmed rental: pay for its exit notice and take the rest of the rent back",
					Example: "dbcd tx rental leave-rental 17 --from alice\ndbcd tx rental leave-rental 0 --machine-id " + exampleID + " --from alice", PositionalArgs: positional("rent_id"),
				},
				{
					RpcMethod: "BreakRental", Use: "break-rental [rent-id]", Short: "End a rental early: its host at a penalty, its renter after too long an outage",
					Example: "dbcd tx rental break-rental 17 --from owner", PositionalArgs: positional("rent_id"),
				},
				{
					RpcMethod: "ClaimRent", Use: "claim-rent [rent-id]...", Short: "Pay what up to 100 rentals earned to the payout address",
					Example:        "dbcd tx rental claim-rent 17 18 21 --from operator",
					PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "rent_ids", Varargs: true}},
				},
				{RpcMethod: "UpdateParams", Skip: true}, // governance proposes it
			},
		},
	}
}
