package api

// taskRoutes are the routes of virtual machines.
var taskRoutes = []Route{
	{
		Name: "create_task", Method: "POST", Path: PathTaskStart, Authority: AnyRenter, Scope: ScopeOperate,
		Summary:    "Create a virtual machine in a rental.",
		SummaryZH:  "在一次租用内创建虚拟机。",
		Example:    `{"image_name":"{{image_name}}","ssh_port":"{{ssh_port}}","gpu_count":"{{gpu_count}}","cpu_cores":"{{cpu_cores}}","mem_rate":"{{mem_rate}}"}`,
		Additional: Create{}, Reply: Task{},
	},
	{
		Name: "list_tasks", Method: "POST", Path: PathTasks, Authority: AnyRenter, Scope: ScopeRead,
		Summary:    "List the wallet's virtual machines on this machine; with a revision, wait until something differs from it.",
		SummaryZH:  "列出钱包在这台机器上的虚拟机；给出 revision 则等到有所变化。",
		Example:    `{}`,
		Additional: Wait{}, Reply: Tasks{},
	},
	{
		Name: "show_task", Method: "POST", Path: PathTask + "{id}", Authority: AnyRenter, Scope: ScopeRead,
		Summary:    "Show a virtual machine with its login and the steps of its making; with a revision, wait until something differs from it.",
		SummaryZH:  "查看虚拟机详细信息：登录信息和创建步骤；给出 revision 则等到有所变化。",
		Example:    `{}`,
		Additional: Wait{}, Reply: Task{},
	},
	{
		Name: "delete_task", Method: "POST", Path: PathTaskDelete + "{id}", Authority: ExactRenter, Scope: ScopeData,
		Summary:   "Delete a virtual machine and its disks.",
		SummaryZH: "删除虚拟机及其磁盘。",
		Reply:     "",
	},
}
