package api

import (
	"context"
	"net/http"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/lifecycle"
)

// operations are the routes of what a renter does with a VM that is made.
var operations = []Route{
	{
		Name: "start_task", Method: http.MethodPost, Path: PathTaskBoot + "{id}", Authority: AnyRenter, Scope: auth.ScopeOperate,
		SummaryZH: "启动已关机的虚拟机。",
		Summary:   "Start a virtual machine that is off.", Reply: "", handle: operate(lifecycle.Start),
	},
	{
		Name: "stop_task", Method: http.MethodPost, Path: PathTaskStop + "{id}", Authority: AnyRenter, Scope: auth.ScopeOperate,
		SummaryZH: "关闭虚拟机；一分钟内不响应则强制断电。",
		Summary:   "Shut a virtual machine down; a guest that does not obey within a minute is stopped hard.",
		Reply:     "", handle: operate(lifecycle.Shutdown),
	},
	{
		Name: "shutdown_task", Method: http.MethodPost, Path: PathTaskShut + "{id}", Authority: AnyRenter, Scope: auth.ScopeOperate,
		SummaryZH: "同 stop。",
		Summary:   "The same as stop.", Reply: "", handle: operate(lifecycle.Shutdown),
	},
	{
		Name: "poweroff_task", Method: http.MethodPost, Path: PathTaskOff + "{id}", Authority: AnyRenter, Scope: auth.ScopeOperate,
		SummaryZH: "立即强制断电。",
		Summary:   "Stop a virtual machine hard, as pulling its plug does.", Reply: "", handle: operate(lifecycle.PowerOff),
	},
	{
		Name: "restart_task", Method: http.MethodPost, Path: PathTaskRestart + "{id}", Authority: AnyRenter, Scope: auth.ScopeOperate,
		SummaryZH:  "关机后重新启动；带 force_reboot 时强制断电再启动。",
		Summary:    "Shut a virtual machine down and start it again; with force_reboot it is stopped hard.",
		Additional: Restart{}, Reply: "", handle: (*Server).restartTask,
	},
	{
		Name: "reset_task", Method: http.MethodPost, Path: PathTaskReset + "{id}", Authority: AnyRenter, Scope: auth.ScopeOperate,
		SummaryZH: "按下虚拟机的复位键。",
		Summary:   "Press the reset button of a virtual machine.", Reply: "", handle: operate(lifecycle.Reset),
	},
	{
		Name: "modify_task", Method: http.MethodPost, Path: PathTaskModify + "{id}", Authority: AnyRenter, Scope: auth.ScopeOperate,
		Summary:    "Change a virtual machine's ports at once, and its CPUs and memory from its next start.",
		SummaryZH:  "修改虚拟机：端口立即生效，CPU 与内存在下次启动时生效。",
		Example:    `{"new_cpu_cores":"{{cpu_cores}}"}`,
		Additional: Modify{}, Reply: "", handle: (*Server).modifyTask,
	},
	{
		Name: "task_logs", Method: http.MethodPost, Path: PathTaskLogs + "{id}", Authority: AnyRenter, Scope: auth.ScopeRead,
		Summary:    "Show the first or last lines of a virtual machine's serial console.",
		SummaryZH:  "查看虚拟机串口控制台的开头或末尾若干行。",
		Example:    `{"flag":"tail","line_num":"20"}`,
		Additional: Logs{}, Reply: Log{}, handle: (*Server).taskLogs,
	},
}

func operate(op lifecycle.Request) func(*Server, context.Context, *call) (any, error) {
	return func(s *Server, _ context.Context, c *call) (any, error) {
		return s.operate(c, op)
	}
}

// operate answers when the wish is written down; the task's status tells the rest.
func (s *Server) operate(c *call, op lifecycle.Request) (any, error) {
	if err := s.deps.Host.Operate(c.wallet, c.rentalIDs(), c.http.PathValue("id"), op); err != nil {
		return nil, err
	}
	return "ok", nil
}

func (s *Server) restartTask(_ context.Context, c *call) (any, error) {
	var wish Restart
	if len(c.request.Additional) > 0 {
		if err := strict(c.request.Additional, &wish); err != nil {
			return nil, err
		}
	}
	switch text := c.http.URL.Query().Get("force_reboot"); text {
	case "", "false":
	case "true":
		wish.ForceReboot = true
	default:
		return nil, badValue("force_reboot", text, "true or false")
	}
	if wish.ForceReboot {
		return s.operate(c, lifecycle.ForceRestart)
	}
	return s.operate(c, lifecycle.Restart)
}

// rentalIDs are the rentals that the caller may act for.
func (c *call) rentalIDs() []uint64 {
	ids := make([]uint64, len(c.rentals))
	for i, r := range c.rentals {
		ids[i] = r.ID
	}
	return ids
}
