package api

// operationRoutes are the routes of what a renter does with a VM that is made.
var operationRoutes = []Route{
	{
		Name: "start_task", Method: "POST", Path: PathTaskBoot + "{id}", Authority: AnyRenter, Scope: ScopeOperate,
		SummaryZH: "启动已关机的虚拟机。",
		Summary:   "Start a virtual machine that is off.", Reply: "",
	},
	{
		Name: "stop_task", Method: "POST", Path: PathTaskStop + "{id}", Authority: AnyRenter, Scope: ScopeOperate,
		SummaryZH: "关闭虚拟机；一分钟内不响应则强制断电。",
		Summary:   "Shut a virtual machine down; a guest that does not obey within a minute is stopped hard.",
		Reply:     "",
	},
	{
		Name: "shutdown_task", Method: "POST", Path: PathTaskShut + "{id}", Authority: AnyRenter, Scope: ScopeOperate,
		SummaryZH: "同 stop。",
		Summary:   "The same as stop.", Reply: "",
	},
	{
		Name: "poweroff_task", Method: "POST", Path: PathTaskOff + "{id}", Authority: AnyRenter, Scope: ScopeOperate,
		SummaryZH: "立即强制断电。",
		Summary:   "Stop a virtual machine hard, as pulling its plug does.", Reply: "",
	},
	{
		Name: "restart_task", Method: "POST", Path: PathTaskRestart + "{id}", Authority: AnyRenter, Scope: ScopeOperate,
		SummaryZH:  "关机后重新启动；带 force_reboot 时强制断电再启动。",
		Summary:    "Shut a virtual machine down and start it again; with force_reboot it is stopped hard.",
		Additional: Restart{}, Reply: "",
	},
	{
		Name: "reset_task", Method: "POST", Path: PathTaskReset + "{id}", Authority: AnyRenter, Scope: ScopeOperate,
		SummaryZH: "按下虚拟机的复位键。",
		Summary:   "Press the reset button of a virtual machine.", Reply: "",
	},
	{
		Name: "modify_task", Method: "POST", Path: PathTaskModify + "{id}", Authority: AnyRenter, Scope: ScopeOperate,
		Summary:    "Change a virtual machine's ports at once, and its CPUs and memory from its next start.",
		SummaryZH:  "修改虚拟机：端口立即生效，CPU 与内存在下次启动时生效。",
		Example:    `{"new_cpu_cores":"{{cpu_cores}}"}`,
		Additional: Modify{}, Reply: "",
	},
	{
		Name: "task_logs", Method: "POST", Path: PathTaskLogs + "{id}", Authority: AnyRenter, Scope: ScopeRead,
		Summary:    "Show the first or last lines of a virtual machine's serial console.",
		SummaryZH:  "查看虚拟机串口控制台的开头或末尾若干行。",
		Example:    `{"flag":"tail","line_num":"20"}`,
		Additional: Logs{}, Reply: Log{},
	},
}
