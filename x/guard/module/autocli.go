package module

import autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

// AutoCLIOptions describe the module's commands.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{
		Query: &autocliv1.ServiceCommandDescriptor{
			Service: "dbc.guard.v1.Query",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "Brake", Use: "brake", Short: "Show whether new rentals are paused", Example: "dbcd query guard brake"},
				{RpcMethod: "Params", Use: "params", Short: "Show the module's parameters", Example: "dbcd query guard params"},
			},
		},
		Tx: &autocliv1.ServiceCommandDescriptor{
			Service: "dbc.guard.v1.Msg",
			RpcCommandOptions: []*autocliv1.RpcCommandOptions{
				{RpcMethod: "UpdateParams", Skip: true},
				{
					RpcMethod: "PauseRentals", Use: "pause-rentals", Short: "Pause new rentals until a time; everything else goes on",
					Example: "dbcd tx guard pause-rentals --until 2026-12-24T12:00:00Z --from guardian",
				},
				{
					RpcMethod: "ResumeRentals", Use: "resume-rentals", Short: "Lift a pause of new rentals",
					Example: "dbcd tx guard resume-rentals --from guardian",
				},
			},
		},
	}
}
