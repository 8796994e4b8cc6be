package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/api"
)

// States of a VM that callers wait for, as the original API spells them.
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

// taskPoll is the pause before a machine is asked again that did not answer, or that
// answers at once that nothing differs.
const taskPoll = 500 * time.Millisecond

// leastPoll is the pause after an answer that differs: a machine that claims a change
// each time has nobody ask it without end.
const leastPoll = 100 * time.Millisecond

// CameUp reports whether a VM of a rental ever ran, judging by the machine's
// list of VMs. A VM that is being created, or that could not be created, never
// ran; a deleted VM is not in the list.
func CameUp(tasks []api.TaskSummary, rentID uint64) bool {
	rental := strconv.FormatUint(rentID, 10)
	return slices.ContainsFunc(tasks, func(t api.TaskSummary) bool {
		return t.RentOrder == rental && t.Status != StatusCreating && t.Status != StatusFailed && t.Status != StatusDeleting
	})
}

// CreateTask creates a VM. It returns as soon as the node has accepted the
// request; WaitTask waits for the login. Without a TaskID the VM gets a new one.
//
// The same id with the same content is the same VM, so a request whose answer was
// lost is sent once more. If that answer is lost too, MayHaveHappened is true of the
// error, which names the id: Task tells whether the VM exists, and calling CreateTask
// again with this TaskID makes it if it does not.
func (n *Node) CreateTask(ctx context.Context, create api.Create) (api.Task, error) {
	if create.TaskID == "" {
		create.TaskID = api.NewTaskID()
	}
	task, err := n.createTask(ctx, create)
	lost := MayHaveHappened(err)
	if lost && ctx.Err() == nil {
		task, err = n.createTask(ctx, create)
		lost = err != nil && !settled(err)
	}
	if lost {
		err = &noAnswer{fmt.Errorf("virtual machine %s may have been made: %w", create.TaskID, err), true}
	}
	return task, err
}

func (n *Node) createTask(ctx context.Context, create api.Create) (api.Task, error) {
	task, err := n.taskAt(ctx, api.PathTaskStart, create.TaskID, create)
	if errors.Is(err, ErrAnswer) { // it is not known what was made
		err = &noAnswer{err, true}
	}
	return task, err
}

// taskAt returns the VM of an id that the machine answers with.
func (n *Node) taskAt(ctx context.Context, path, id string, additional any) (task api.Task, err error) {
	if err := n.call(ctx, path, additional, &task); err != nil {
		return task, err
	}
	if task.TaskID != id {
		return api.Task{}, fmt.Errorf("%w: it is about virtual machine %.64q, not %s", ErrAnswer, Printable(task.TaskID), id)
	}
	return task, nil
}

// settled reports whether the refusal of a repeated create says that there is no such
// VM: one that was made would have been the answer. Too many requests and what the
// machine can't decide now are refused before it looks.
func settled(err error) bool {
	refused := new(NodeError)
	return errors.As(err, &refused) && refused.Proved &&
		refused.Status < http.StatusInternalServerError && refused.Status != http.StatusTooManyRequests
}

// Task returns a VM.
func (n *Node) Task(ctx context.Context, id string) (api.Task, error) {
	if err := CheckTaskID(id); err != nil {
		return api.Task{}, err
	}
	return n.taskAt(ctx, api.PathTask+id, id, struct{}{})
}

// TaskAfter returns a VM when it differs from a revision, or when MaxWait is over.
// Without a revision it returns at once.
func (n *Node) TaskAfter(ctx context.Context, id, revision string) (api.Task, error) {
	if err := CheckTaskID(id); err != nil {
		return api.Task{}, err
	}
	wait := api.Wait{Revision: revision}
	if revision != "" {
		wait.Wait = api.Text(strconv.Itoa(int(api.MaxWait / time.Second)))
	}
	return n.taskAt(ctx, api.PathTask+id, id, wait)
}

// Tasks returns the wallet's VMs on the machine.
func (n *Node) Tasks(ctx context.Context) ([]api.TaskSummary, error) {
	var reply struct {
		Tasks []api.TaskSummary `json:"tasks"`
	}
	if err := n.call(ctx, api.PathTasks, struct{}{}, &reply); err != nil {
		return nil, err
	}
	for _, t := range reply.Tasks {
		if err := CheckTaskID(t.TaskID); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
		}
	}
	return reply.Tasks, nil
}

// Images returns the images available on the machine.
func (n *Node) Images(ctx context.Context) ([]api.Image, error) {
	var reply api.ImageList
	err := n.call(ctx, api.PathImages, struct{}{}, &reply)
	return reply.Images, err
}

// DeleteTask deletes a VM and its disks.
func (n *Node) DeleteTask(ctx context.Context, id string) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathTaskDelete+id, struct{}{}, nil)
}

// StartTask starts a VM that is off. Like the methods below it returns when the
// node has accepted the request; WaitTask waits for completion.
func (n *Node) StartTask(ctx context.Context, id string) error {
	return n.do(ctx, api.PathTaskBoot, id)
}

// StopTask shuts a VM down, and stops it hard after a minute.
func (n *Node) StopTask(ctx context.Context, id string) error { return n.do(ctx, api.PathTaskStop, id) }

// PoweroffTask stops a VM hard.
func (n *Node) PoweroffTask(ctx context.Context, id string) error {
	return n.do(ctx, api.PathTaskOff, id)
}

// ResetTask presses a VM's reset button.
func (n *Node) ResetTask(ctx context.Context, id string) error {
	return n.do(ctx, api.PathTaskReset, id)
}

// RestartTask shuts a VM down, or stops it hard if force is set, and starts it
// again.
func (n *Node) RestartTask(ctx context.Context, id string, force bool) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathTaskRestart+id, api.Restart{ForceReboot: api.Flag(force)}, nil)
}

// ModifyTask changes ports, CPUs and memory of a VM. Empty fields are left
// unchanged.
func (n *Node) ModifyTask(ctx context.Context, id string, change api.Modify) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathTaskModify+id, change, nil)
}

// Logs returns lines of a VM's serial console. The guest wrote them: strip
// control characters before printing.
func (n *Node) Logs(ctx context.Context, id string, wish api.Logs) (string, error) {
	if err := CheckTaskID(id); err != nil {
		return "", err
	}
	var log api.Log
	err := n.call(ctx, api.PathTaskLogs+id, wish, &log)
	return log.Logs, err
}

// SetPassword has the guest agent set a user's password.
func (n *Node) SetPassword(ctx context.Context, id, user, password string) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, api.PathTaskPasswd+id, api.Passwd{UserName: user, Password: api.Secret(password)}, nil)
}

func (n *Node) do(ctx context.Context, path, id string) error {
	if err := CheckTaskID(id); err != nil {
		return err
	}
	return n.call(ctx, path+id, struct{}{}, nil)
}

// WaitTask waits until the VM is in the wanted state. A failed VM ends it with
// ErrTask; a node that is briefly unreachable does not. seen, if not nil, is
// called with every intermediate answer.
func (n *Node) WaitTask(ctx context.Context, id, want string, seen func(api.Task)) (api.Task, error) {
	var task api.Task
	for {
		next, err := n.TaskAfter(ctx, id, task.Revision)
		if ctx.Err() != nil && err != nil && task.Status != "" {
			return task, fmt.Errorf("wait until %s is %s (it is %.64q): %w", id, want, Printable(task.Status), context.Cause(ctx))
		}
		if err != nil && (!errors.Is(err, ErrUnreachable) || ctx.Err() != nil) {
			return api.Task{}, fmt.Errorf("wait until %s is %s: %w", id, want, err)
		}
		differs := err == nil && next.Revision != task.Revision
		if err == nil {
			if task = next; seen != nil {
				seen(task)
			}
			switch task.Status {
			case want:
				return task, nil
			case StatusFailed, StatusStartError, StatusShutdownError, StatusPoweroffError, StatusRestartError, StatusResetError:
				return task, fmt.Errorf("wait until %s is %s: %w", id, want, &TaskError{task.Reason})
			}
		}
		rest := taskPoll
		if differs {
			rest = leastPoll
		}
		if err := pause(ctx, rest); err != nil {
			return task, fmt.Errorf("wait until %s is %s (it is %.64q): %w", id, want, Printable(task.Status), err)
		}
	}
}

// CheckTaskID refuses an id that could change the path.
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
