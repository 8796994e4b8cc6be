// Package api is the compute node's HTTP API: the guide's routes, fields and
// states, and the additions of this project. This file holds what goes over
// the wire; clients import it too.
package api

import (
	"encoding/json"
	"reflect"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/notice"
)

// The routes. A task id follows the ones that end in a slash.
const (
	PathMiningNodes   = "/api/v1/mining_nodes"
	PathSessionID     = "/api/v1/mining_nodes/session_id"
	PathTasks         = "/api/v1/tasks"
	PathTask          = "/api/v1/tasks/"
	PathTaskStart     = "/api/v1/tasks/start"
	PathTaskDelete    = "/api/v1/tasks/delete/"
	PathTaskBoot      = "/api/v1/tasks/start/"
	PathTaskStop      = "/api/v1/tasks/stop/"
	PathTaskShut      = "/api/v1/tasks/shutdown/"
	PathTaskOff       = "/api/v1/tasks/poweroff/"
	PathTaskRestart   = "/api/v1/tasks/restart/"
	PathTaskReset     = "/api/v1/tasks/reset/"
	PathRoot          = "/"
	PathOpenAPI       = "/api/v1/openapi.json"
	PathSessionCreate = "/api/v1/sessions/create"
	PathSessionList   = "/api/v1/sessions/list"
	PathSessionRevoke = "/api/v1/sessions/revoke"
	PathTaskModify    = "/api/v1/tasks/modify/"
	PathTaskLogs      = "/api/v1/tasks/logs/"
	PathImages        = "/api/v1/images"
	PathTaskConsole   = "/api/v1/tasks/console/"
	PathTaskVNC       = "/api/v1/tasks/vnc/"
	PathTaskPasswd    = "/api/v1/tasks/passwd/"
	PathDiskList      = "/api/v1/disk/list/"
	PathDiskAdd       = "/api/v1/disk/add/"
	PathDiskResize    = "/api/v1/disk/resize/"
	PathDiskDelete    = "/api/v1/disk/delete/"
	PathTaskForward   = "/api/v1/tasks/forward/"
)

// Request is the body of every POST.
type Request struct {
	// PeerNodesList names the machine in its first entry.
	PeerNodesList []string        `json:"peer_nodes_list"`
	Additional    json.RawMessage `json:"additional"`

	// Wallet, Nonce and Sign are a ticket; absent with the DBC-Auth header.
	Wallet string `json:"wallet,omitempty"`
	Nonce  string `json:"nonce,omitempty"`
	Sign   string `json:"sign,omitempty"`

	// SessionID is of PathSessionID, SessionIDSign by its wallet: instead of a ticket.
	SessionID     string `json:"session_id,omitempty"`
	SessionIDSign string `json:"session_id_sign,omitempty"`
}

// Reply is the envelope of every answer: Message is the result where ErrCode
// is 0, and a sentence otherwise.
type Reply struct {
	ErrCode int             `json:"errcode"`
	Message json.RawMessage `json:"message"`

	Code  string `json:"code,omitempty"`
	Field string `json:"field,omitempty"`
	Value string `json:"value,omitempty"`
	Limit string `json:"limit,omitempty"`
}

// Create is additional of PathTaskStart. Numbers may come as strings.
type Create struct {
	RentOrder Text   `json:"rent_order,omitempty"`
	TaskID    string `json:"task_id,omitempty"`
	// RestoreTaskID is a closed task of the same renter whose kept disks the VM
	// gets; image_name and disk_size are left out then.
	RestoreTaskID string `json:"restore_task_id,omitempty"`
	ImageName     string `json:"image_name"`
	// BiosMode is legacy or uefi (without Secure Boot); legacy where absent.
	BiosMode      string   `json:"bios_mode,omitempty"`
	SSHPort       Text     `json:"ssh_port"`
	VNCPort       Text     `json:"vnc_port,omitempty"`
	GPUCount      Text     `json:"gpu_count,omitempty"`
	CPUCores      Text     `json:"cpu_cores,omitempty"`
	MemRate       Text     `json:"mem_rate,omitempty"`
	MemSize       Text     `json:"mem_size,omitempty"`
	DiskSize      Text     `json:"disk_size,omitempty"`
	CustomPort    []string `json:"custom_port,omitempty"`
	Desc          string   `json:"desc,omitempty"`
	SSHPublicKeys []string `json:"ssh_public_keys,omitempty"`
}

// Text is a JSON string or number, kept as written.
type Text string

// UnmarshalJSON takes "8" and 8 alike.
func (t *Text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(t))
	}
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*t = Text(n)
	return nil
}

// Restart is additional of PathTaskRestart.
type Restart struct {
	// ForceReboot stops the VM hard instead of asking the guest; the original's
	// ?force_reboot=true says the same.
	ForceReboot Flag `json:"force_reboot,omitempty"`
}

// Modify is additional of PathTaskModify: what is absent or empty stays.
type Modify struct {
	NewSSHPort Text `json:"new_ssh_port,omitempty"`
	// NewCustomPort replaces all of custom_port; ["none"] removes them. The
	// original's tools send an empty list for what they don't mean.
	NewCustomPort []string `json:"new_custom_port,omitempty"`
	NewCPUCores   Text     `json:"new_cpu_cores,omitempty"`
	// NewMemSize is in GiB.
	NewMemSize Text `json:"new_mem_size,omitempty"`
}

// Logs is additional of PathTaskLogs; the original's ?flag= and &line_num= say the same.
type Logs struct {
	// Flag is head or tail; tail where absent.
	Flag string `json:"flag,omitempty"`
	// LineNum is 100 where absent.
	LineNum Text `json:"line_num,omitempty"`
}

// Log is the reply of PathTaskLogs: lines of the VM's serial console.
type Log struct {
	TaskID string `json:"task_id"`
	Logs   string `json:"logs"`
}

// OpenConsole is additional of PathTaskConsole.
type OpenConsole struct {
	// TakeOver ends whoever has the console open; without it that is a refusal.
	TakeOver Flag `json:"take_over,omitempty"`
}

// OpenForward is additional of PathTaskForward.
type OpenForward struct {
	// Port is a TCP port of the virtual machine itself, 1-65535.
	Port Text `json:"port"`
}

// SocketToken is the reply of PathTaskConsole and the like: GET the same path with
// ?machine_id=…&token=… as a WebSocket. It can be used once.
type SocketToken struct {
	Token string `json:"token"`
	// Expires is RFC 3339 in UTC; a WebSocket that was opened before goes on.
	Expires string `json:"expires"`
}

// Passwd is additional of PathTaskPasswd.
type Passwd struct {
	UserName string `json:"username"`
	// Password is 8 to 128 printable ASCII characters.
	Password journal.Secret `json:"password"`
}

// AddDisk is additional of PathDiskAdd.
type AddDisk struct {
	// Size is in GiB.
	Size Text `json:"size"`
}

// ResizeDisk is additional of PathDiskResize.
type ResizeDisk struct {
	// Disk is the name of a data disk, such as vdb.
	Disk string `json:"disk"`
	// Size is in GiB, more than now.
	Size Text `json:"size"`
}

// DeleteDisk is additional of PathDiskDelete.
type DeleteDisk struct {
	// Disk is the name of a data disk, such as vdb.
	Disk string `json:"disk"`
}

// Disk is a disk of a VM; vda is the system's.
type Disk struct {
	Disk string `json:"disk"`
	// Size is such as 10G (GiB).
	Size string `json:"size"`
	// Status is "disk adding", "disk resizing" or "disk deleting" while that is being
	// done, else "ok".
	Status string `json:"status"`
}

// Disks is the reply of PathDiskList. Reason says why the last change failed.
type Disks struct {
	TaskID string         `json:"task_id"`
	Disks  []Disk         `json:"disks"`
	Reason *notice.Reason `json:"reason,omitempty"`
}

// AddedDisk is the reply of PathDiskAdd: the disk's name, and its serial number in
// the guest, /dev/disk/by-id/virtio-vdb. Linux may call it otherwise.
type AddedDisk struct {
	Disk string `json:"disk"`
}

// Flag is a JSON truth value, or the word for it as a string.
type Flag bool

// UnmarshalJSON takes true and "true" alike.
func (f *Flag) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "true", `"true"`:
		*f = true
	case "false", `"false"`, `""`, "null":
		*f = false
	default:
		return &json.UnmarshalTypeError{Value: "value that is neither true nor false", Type: reflect.TypeFor[bool]()}
	}
	return nil
}

// ForSession is additional of PathSessionID.
type ForSession struct {
	// RentOrder may be left out by a wallet with one rental here.
	RentOrder Text `json:"rent_order,omitempty"`
}

// Session is the reply of PathSessionID.
type Session struct {
	SessionID string `json:"session_id"`
	RentOrder string `json:"rent_order"`
	// Expires is the ticket's, RFC 3339 in UTC.
	Expires string `json:"expires"`
}

// CreateSession is additional of PathSessionCreate: a grant, with the wallet's
// sign over it or a multisig's.
type CreateSession struct {
	// Grant is the text that was signed: the lines dbc-session-v1, chain id, machine
	// id, rental, the session's public key, scope (read, operate or full), expiry.
	Grant    string    `json:"grant"`
	Sign     string    `json:"sign,omitempty"`
	Multisig *Multisig `json:"multisig,omitempty"`
}

// Multisig is the SDK's multisig wallet with signs of its members.
type Multisig struct {
	Threshold Text `json:"threshold"`
	// PublicKeys of all members, 33 bytes in hex, in the wallet's order.
	PublicKeys []string `json:"public_keys"`
	// Signs are over the grant, each member as himself.
	Signs []string `json:"signs"`
}

// GrantedSession is the reply of PathSessionCreate and a row of PathSessionList.
type GrantedSession struct {
	Session
	Wallet    string `json:"wallet"`
	PublicKey string `json:"public_key"`
	Scope     string `json:"scope"`
	Created   string `json:"created"`
	Revoked   bool   `json:"revoked"`
}

// Sessions is the reply of PathSessionList.
type Sessions struct {
	Sessions []GrantedSession `json:"sessions"`
}

// RevokeSession is additional of PathSessionRevoke.
type RevokeSession struct {
	SessionID string `json:"session_id"`
}

// Step is one step of making a VM.
type Step struct {
	Name string `json:"name"`
	// Started is RFC 3339 in UTC; empty while the step waits.
	Started string `json:"started,omitempty"`
	// TookMS is absent until the step is done.
	TookMS *int64 `json:"took_ms,omitempty"`
}

// TaskSummary is a row of PathTasks.
type TaskSummary struct {
	TaskID     string `json:"task_id"`
	CreateTime string `json:"create_time"`
	Desc       string `json:"desc"`
	Status     string `json:"status"`
	RentOrder  string `json:"rent_order"`
	// KeptUntil is when the disks of a rental that is over are deleted, RFC 3339 in UTC.
	KeptUntil string `json:"kept_until,omitempty"`
}

// Task is the reply of PathTask and PathTaskStart. Status is one of the
// original's: creating, running, closed, deleting, "being shutdown",
// "create error" and so on; Reason says why where something failed.
type Task struct {
	TaskSummary
	OS      string `json:"os,omitempty"`
	SSHIP   string `json:"ssh_ip,omitempty"`
	SSHPort string `json:"ssh_port,omitempty"`
	// CustomPort are the published ports but SSH's, as create takes them.
	CustomPort    []string `json:"custom_port,omitempty"`
	UserName      string   `json:"user_name,omitempty"`
	LoginPassword string   `json:"login_password,omitempty"`
	ImageName     string   `json:"image_name"`
	BiosMode      string   `json:"bios_mode"`
	CPUCores      string   `json:"cpu_cores"`
	GPUCount      string   `json:"gpu_count"`
	MemSize       string   `json:"mem_size"`
	// CPUPinned: the CPUs are the host's own ones of this VM alone.
	CPUPinned bool `json:"cpu_pinned"`
	// MemPage is the size of the huge pages that hold the memory, such as 2048K;
	// absent for normal ones.
	MemPage    string `json:"mem_page,omitempty"`
	DiskSystem string `json:"disk_system"`
	// Disks are the system's, vda, and the data disks.
	Disks        []TaskDisk      `json:"disks"`
	Interface    []TaskNIC       `json:"interface"`
	LocalAddress []string        `json:"local_address,omitempty"`
	SSHHostKeys  []string        `json:"ssh_host_keys,omitempty"`
	Steps        []Step          `json:"steps,omitempty"`
	Reason       *notice.Reason  `json:"reason,omitempty"`
	Warnings     []notice.Notice `json:"warnings,omitempty"`
	// RentEnd is the end of the rental as the node knows it, RFC 3339 in UTC.
	RentEnd string `json:"rent_end,omitempty"`
}

// TaskDisk is a disk of Task, in the original's words; Size is such as 10G (GiB).
type TaskDisk struct {
	Name string `json:"name"`
	Size string `json:"size"`
}

// TaskNIC is a network card of Task.
type TaskNIC struct {
	Name string `json:"name"`
	// Type is the card's model, as the guest sees it.
	Type string `json:"type"`
	MAC  string `json:"mac_address"`
}

// Tasks is the reply of PathTasks.
type Tasks struct {
	Tasks []TaskSummary `json:"tasks"`
}

// Root is the reply of GET PathRoot.
type Root struct {
	Version   string `json:"version"`
	Role      string `json:"role"`
	MachineID string `json:"machine_id"`
	ChainID   string `json:"chain_id"`
	// Height is of the newest block that the node believed.
	Height int64 `json:"height"`
	// Doubt says in words why the chain is not believed now; absent while it is.
	// A compute node that doubts grants nothing and destroys nothing.
	Doubt string `json:"doubt,omitempty"`
	// Problem says by code what is wrong with the chain, seconds after it is, and
	// so earlier than a compute node doubts.
	Problem *chain.Problem `json:"problem,omitempty"`
}

// Nodes is the reply of PathMiningNodes without a machine.
type Nodes struct {
	MiningNodes []Node `json:"mining_nodes"`
}

// Node is a row of Nodes.
type Node struct {
	NodeID  string `json:"node_id"`
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Details is the reply of PathMiningNodes for one machine. As in the original,
// numbers are strings.
type Details struct {
	Node
	NodeType   string  `json:"node_type"`
	IP         string  `json:"ip"`
	OS         string  `json:"os"`
	CPU        CPU     `json:"cpu"`
	GPU        GPU     `json:"gpu"`
	Mem        Size    `json:"mem"`
	DiskSystem Size    `json:"disk_system"`
	DiskData   []Size  `json:"disk_data"`
	Images     []Image `json:"images"`
	PortFirst  string  `json:"port_first"`
	PortLast   string  `json:"port_last"`
}

// CPU of a machine; Cores and Used after the host's reserve.
type CPU struct {
	Type  string `json:"type"`
	Hz    string `json:"hz"`
	Cores string `json:"cores"`
	Used  string `json:"used"`
	// UsedUsage is Used in per cent of Cores.
	UsedUsage string `json:"used_usage"`
	// PhysicalCPUs are the sockets.
	PhysicalCPUs string `json:"physical_cpus"`
}

// GPU counts of a machine.
type GPU struct {
	Type  string `json:"gpu_type"`
	Count string `json:"gpu_count"`
	Used  string `json:"gpu_used"`
}

// Size is of memory or a disk, as 16G or 512M (GiB and MiB).
type Size struct {
	// Type of a disk is SSD, HDD or unknown. The original's path is not told: how
	// a host lays out its files is nobody's business.
	Type string `json:"type,omitempty"`
	Size string `json:"size"`
	Free string `json:"free,omitempty"`
	// UsedUsage is what isn't free, in per cent.
	UsedUsage string `json:"used_usage,omitempty"`
}

// ImageList is the reply of PathImages.
type ImageList struct {
	Images []Image `json:"images"`
}

// Image is one guest image of a machine.
type Image struct {
	Name string `json:"image_name"`
	Size string `json:"image_size"`
}
