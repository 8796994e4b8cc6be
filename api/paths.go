package api

// The paths. A task id follows the ones that end in a slash.
const (
	PathRoot    = "/"
	PathHealth  = "/health"
	PathOpenAPI = "/api/v1/openapi.json"

	PathMiningNodes = "/api/v1/mining_nodes"
	PathInventory   = "/api/v1/inventory"
	PathImages      = "/api/v1/images"

	PathSessionID     = "/api/v1/mining_nodes/session_id"
	PathSessionCreate = "/api/v1/sessions/create"
	PathSessionList   = "/api/v1/sessions/list"
	PathSessionRevoke = "/api/v1/sessions/revoke"

	PathTasks       = "/api/v1/tasks"
	PathTask        = "/api/v1/tasks/"
	PathTaskStart   = "/api/v1/tasks/start"
	PathTaskDelete  = "/api/v1/tasks/delete/"
	PathTaskBoot    = "/api/v1/tasks/start/"
	PathTaskStop    = "/api/v1/tasks/stop/"
	PathTaskShut    = "/api/v1/tasks/shutdown/"
	PathTaskOff     = "/api/v1/tasks/poweroff/"
	PathTaskRestart = "/api/v1/tasks/restart/"
	PathTaskReset   = "/api/v1/tasks/reset/"
	PathTaskModify  = "/api/v1/tasks/modify/"
	PathTaskLogs    = "/api/v1/tasks/logs/"
	PathTaskPasswd  = "/api/v1/tasks/passwd/"
	PathTaskConsole = "/api/v1/tasks/console/"
	PathTaskVNC     = "/api/v1/tasks/vnc/"
	PathTaskForward = "/api/v1/tasks/forward/"

	PathDiskList   = "/api/v1/disk/list/"
	PathDiskAdd    = "/api/v1/disk/add/"
	PathDiskResize = "/api/v1/disk/resize/"
	PathDiskDelete = "/api/v1/disk/delete/"
)

// The paths that a client node answers itself. A rental's id may follow
// PathRentOrders after a slash.
const (
	PathMachines   = "/api/v1/machines"
	PathRentOrders = "/api/v1/rent_orders"
	PathWeb        = "/api/v1/web"
	// PathFaucet exists on devnets only.
	PathFaucet = "/api/v1/faucet"
)
