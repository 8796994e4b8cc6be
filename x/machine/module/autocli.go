package module

import (
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
)

const exampleID = "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"

// AutoCLIOptions describe the module's commands. BondMachines and UpdateFacts
// carry facts and signatures that only a node can make; `dbc host` sends them.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "dbc.machine.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{
					RpcMethod: "Machine", Use: "machine [machine-id]", Short: "Show a machine's listing and its free slots",
					Example:        "dbcd query machine machine " + exampleID,
					PositionalArgs: args("machine_id"),
				},
				{
					RpcMethod: "Machines", Use: "machines", Short: "List machines; filters combine",
					Example: "dbcd query machine machines --state online --gpu-type 'NVIDIA GeForce RTX 4090' --free-slots-min 1",
				},
				{
					RpcMethod: "Challenge", Use: "challenge [challenge-id]", Short: "Show an open challenge and its deadline",
					Example:        "dbcd query machine challenge 7",
					PositionalArgs: args("challenge_id"),
				},
				{RpcMethod: "Params", Use: "params", Short: "Show the module's parameters", Example: "dbcd query machine params"},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service: "dbc.machine.v1.Msg",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "UpdateParams", Skip: true},
				{RpcMethod: "ReleaseGPU", Skip: true},
				{
					RpcMethod: "BondMachines", Use: "bond-machines", Short: "Bond machines with their stake, each bond signed by its machine",
					Example: `dbcd tx machine bond-machines --bonds "$(cat bond.json)" --from owner`,
				},
				{
					RpcMethod: "UpdateFacts", Use: "update-facts [machine-id]", Short: "Change a machine's facts, signed by the machine",
					Example:        `dbcd tx machine update-facts ` + exampleID + ` --facts "$(cat facts.json)" --bond-seq 2 --expiry 1800000000 --signature BASE64 --from operator`,
					PositionalArgs: args("machine_id"),
				},
				{
					RpcMethod: "SetPrice", Use: "set-price", Short: "Change prices for later rentals and renewals, and exit notices for later rentals",
					Example: `dbcd tx machine set-price --prices '{"machine_id":"` + exampleID + `","price_per_day":"50000000","exit_notice_seconds":"86400"}' --from operator`,
				},
				{
					RpcMethod: "SetSlots", Use: "set-slots [machine-id]", Short: "Take slots out of service, and put others back in",
					Example:        "dbcd tx machine set-slots " + exampleID + " --out-of-service 1,3 --in-service 0 --from operator",
					PositionalArgs: args("machine_id"),
				},
				{
					RpcMethod: "SetOnline", Use: "set-online [machine-id] [expiry] [signature]", Short: "Open a machine for rentals, signed by the machine",
					Example:        "dbcd tx machine set-online " + exampleID + " 1800000000 BASE64 --from operator",
					PositionalArgs: args("machine_id", "expiry", "signature"),
				},
				{
					RpcMethod: "SetOffline", Use: "set-offline [machine-id]", Short: "Take a machine off the market; open trials are refunded",
					Example:        "dbcd tx machine set-offline " + exampleID + " --from operator",
					PositionalArgs: args("machine_id"),
				},
				{
					RpcMethod: "Drain", Use: "drain", Short: "Let no rental reach beyond a time; without --drain-from lift that",
					Example:     "dbcd tx machine drain --machine-ids " + exampleID + " --drain-from 2026-12-31T00:00:00Z --from operator",
					FlagOptions: map[string]*autocliv1.FlagOptions{"from": {Name: "drain-from", Usage: "no rental or renewal reaches beyond it"}},
				},
				{
					RpcMethod: "Challenge", Use: "challenge [machine-id]", Short: "Ask with a deposit whether a machine is there",
					Example:        "dbcd tx machine challenge " + exampleID + " --from alice",
					PositionalArgs: args("machine_id"),
				},
				{
					RpcMethod: "AnswerChallenge", Use: "answer-challenge [machine-id] [challenge-id] [height] [signature]",
					Short:          "Prove with the machine's signature that it is there",
					Example:        "dbcd tx machine answer-challenge " + exampleID + " 7 123456 BASE64 --from operator",
					PositionalArgs: args("machine_id", "challenge_id", "height", "signature"),
				},
				{
					RpcMethod: "AddStake", Use: "add-stake [machine-id] [amount]", Short: "Fill up a machine's stake, in udbc",
					Example:        "dbcd tx machine add-stake " + exampleID + " 1000000000 --from owner",
					PositionalArgs: args("machine_id", "amount"),
				},
				{
					RpcMethod: "Retire", Use: "retire [machine-id]", Short: "End a machine's listing; refused while rentals are open",
					Example:        "dbcd tx machine retire " + exampleID + " --from owner",
					PositionalArgs: args("machine_id"),
				},
				{
					RpcMethod: "WithdrawStake", Use: "withdraw-stake [machine-id]", Short: "Take back the stake of a retired machine after unbonding_time",
					Example:        "dbcd tx machine withdraw-stake " + exampleID + " --from owner",
					PositionalArgs: args("machine_id"),
				},
			},
		},
	}
}

func args(fields ...string) []*autocliv1.PositionalArgDescriptor {
	list := make([]*autocliv1.PositionalArgDescriptor, len(fields))
	for i, field := range fields {
		list[i] = &autocliv1.PositionalArgDescriptor{ProtoField: field}
	}
	return list
}
