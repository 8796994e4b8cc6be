package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/journal"
)

// The states of a VM that callers wait for, as the original API spells them.
const (
	StatusCreating = "creating"
	StatusRunning  = "running"
	StatusClosed   = "closed"
	StatusDeleting = "deleting"
	StatusFailed   = "create error"

	StatusStartError    = "start error"
	StatusShutdownError = "shutdown error"
	StatusPoweroffError = "poweroff error"
	StatusRestartError  = "restart error"
	StatusResetError    = "reset error"
)

// taskPoll is how often a VM's state is asked for while waiting.
const taskPoll = 500 * time.Millisecond

// CameUp reports whether a VM of a rental ever ran, as far as a machine's list
// of VMs tells: one that is only being made, or failed to be, did not, and one
// that was deleted is not in the list.
func CameUp(tasks []api.TaskSummary, rentID uint64) bool {
	rental := strconv.FormatUint(rentID, 10)
	return slices.ContainsFunc(tasks, func(t api.TaskSummary) bool {
		return t.RentOrder == rental && t.Status != StatusCreating && t.Status != StatusFailed && t.Status != StatusDeleting
	})
}

// CreateTask makes a VM. It returns as soon as the node accepted it; WaitTask
// waits for the login.
func (n *Node) CreateTask(ctx context.Context, create api.Create) (api.Task, error) {
	var task api.Task
	err := n.call(ctx, api.PathTaskStart, create, &task)
	return task, err
}

// Task shows a VM.
func (n *Node) Task(ctx context.Context, id string) (api.Task, error) {
	if err := CheckTaskID(id); err != nil {
		return api.Task{}, err
	}
	var task api.Task
	err := n.call(ctx, api.PathTask+id, struct{}{}, &task)
	return task, err
}

// Tasks lists the wallet's VMs on the machine.
func (n *Node) Tasks(ctx context.Context) ([]api.TaskSummary, error) {
	var reply struct {
		Tasks []api.TaskSummary `json:"tasks"`
	}
	err := n.call(ctx, api.PathTasks, struct{}{}, &reply)
	return reply.Tasks, err
}

// DeleteTask removes a VM with its disk.
func (n *Node) DeleteTask(ctx context.Context, id string) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathTaskDelete+id, struct{}{}, nil)
}

// StartTask runs a VM that is off. Like the others below it returns when the
// node took the wish; WaitTask waits for its fulfilment.
func (n *Node) StartTask(ctx context.Context, id string) error {
	return n.do(ctx, api.PathTaskBoot, id)
}

// StopTask has a VM shut down, hard after a minute.
func (n *Node) StopTask(ctx context.Context, id string) error { return n.do(ctx, api.PathTaskStop, id) }

// PoweroffTask stops a VM hard.
func (n *Node) PoweroffTask(ctx context.Context, id string) error {
	return n.do(ctx, api.PathTaskOff, id)
}

// ResetTask presses a VM's reset button.
func (n *Node) ResetTask(ctx context.Context, id string) error {
	return n.do(ctx, api.PathTaskReset, id)
}

// RestartTask has a VM shut down and started again, by force where told.
func (n *Node) RestartTask(ctx context.Context, id string, force bool) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathTaskRestart+id, api.Restart{ForceReboot: api.Flag(force)}, nil)
}

// ModifyTask changes ports, CPUs and memory of a VM; what is empty stays.
func (n *Node) ModifyTask(ctx context.Context, id string, change api.Modify) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathTaskModify+id, change, nil)
}

// Logs are lines of a VM's serial console, which its guest wrote: print them
// only without control characters.
func (n *Node) Logs(ctx context.Context, id string, wish api.Logs) (string, error) {
	if err := CheckTaskID(id); err != nil {
		return "", err
	}
	var log api.Log
	err := n.call(ctx, api.PathTaskLogs+id, wish, &log)
	return log.Logs, err
}

// SetPassword has the guest's agent set a user's password.
func (n *Node) SetPassword(ctx context.Context, id, user, password string) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathTaskPasswd+id, api.Passwd{UserName: user, Password: journal.Secret(password)}, nil)
}

func (n *Node) do(ctx context.Context, path, id string) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, path+id, struct{}{}, nil)
}

// WaitTask returns when the VM is in the wanted state. A failed VM ends it
// with ErrTask; a node that is away for a moment does not. seen, if not nil,
// gets every answer on the way.
func (n *Node) WaitTask(ctx context.Context, id, want string, seen func(api.Task)) (api.Task, error) {
	ticker := time.NewTicker(taskPoll)
	defer ticker.Stop()
	for {
		task, err := n.Task(ctx, id)
		if err != nil && (!errors.Is(err, ErrUnreachable) || ctx.Err() != nil) {
			return api.Task{}, fmt.Errorf("wait until %s is %s: %w", id, want, err)
		}
		if err == nil {
			if seen != nil {
				seen(task)
			}
			switch task.Status {
			case want:
				return task, nil
			case StatusFailed, StatusStartError, StatusShutdownError, StatusPoweroffError, StatusRestartError, StatusResetError:
				return task, fmt.Errorf("wait until %s is %s: %w", id, want, &TaskError{task.Reason})
			}
		}
		select {
		case <-ctx.Done():
			return task, fmt.Errorf("wait until %s is %s (it is %.64q): %w", id, want, Printable(task.Status), context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// CheckTaskID keeps anything that could change the path out of it.
func CheckTaskID(id string) error {
	if id == "" || len(id) > 64 {
		return fmt.Errorf("task id %.64q: 1 to 64 letters and digits", id)
	}
	for _, r := range id {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '-', r == '_':
		default:
			return fmt.Errorf("task id %.64q: 1 to 64 letters and digits", id)
		}
	}
	return nil
}
