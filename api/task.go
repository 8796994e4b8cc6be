package api

import "github.com/dbc-network/dbc/api/notice"

// BiosMode is what a VM boots by.
type BiosMode string

// The values of BiosMode. BiosUEFI is without Secure Boot.
const (
	BiosLegacy     BiosMode = "legacy"
	BiosUEFI       BiosMode = "uefi"
	BiosSecureBoot BiosMode = "uefi_secure_boot"
)

// Create is additional of PathTaskStart. Numbers may come as strings.
type Create struct {
	RentOrder Text   `json:"rent_order,omitempty"`
	TaskID    string `json:"task_id,omitempty"`
	// RestoreTaskID is a closed task of the same renter whose kept disks the VM
	// gets; image_name and disk_size are left out then.
	RestoreTaskID string `json:"restore_task_id,omitempty"`
	// ImageName is one of PathImages; the machine's default where absent.
	ImageName string `json:"image_name,omitempty"`
	// BiosMode is what the VM boots by; where absent uefi with GPUs, else legacy.
	BiosMode BiosMode `json:"bios_mode,omitempty"`
	// SSHPort is a port of the machine's range; absent or auto, the machine chooses.
	SSHPort Text `json:"ssh_port,omitempty"`
	// SSHSources are the IPv4 networks and addresses from which ssh_port can be
	// reached; absent, from everywhere.
	SSHSources []string `json:"ssh_sources,omitempty"`
	VNCPort    Text     `json:"vnc_port,omitempty"`
	GPUCount   Text     `json:"gpu_count,omitempty"`
	CPUCores   Text     `json:"cpu_cores,omitempty"`
	MemRate    Text     `json:"mem_rate,omitempty"`
	MemSize    Text     `json:"mem_size,omitempty"`
	DiskSize   Text     `json:"disk_size,omitempty"`
	// CustomPort are the other published ports: tcp or udp, the machine's port or
	// auto, the guest's after a colon, and at most 16 IPv4 networks and addresses
	// from which it can be reached, where not everybody may: tcp,5700:80,203.0.113.0/24.
	CustomPort    []string `json:"custom_port,omitempty"`
	Desc          string   `json:"desc,omitempty"`
	SSHPublicKeys []string `json:"ssh_public_keys,omitempty"`
}

// Restart is additional of PathTaskRestart.
type Restart struct {
	// ForceReboot stops the VM hard instead of asking the guest; the original's
	// ?force_reboot=true says the same.
	ForceReboot Flag `json:"force_reboot,omitempty"`
}

// Modify is additional of PathTaskModify: what is absent or empty stays.
type Modify struct {
	// NewSSHPort is a port, or auto for one that the machine chooses.
	NewSSHPort Text `json:"new_ssh_port,omitempty"`
	// NewSSHSources replaces all of ssh_sources; ["any"] removes them.
	NewSSHSources []string `json:"new_ssh_sources,omitempty"`
	// NewCustomPort replaces all of custom_port; ["none"] removes them. A port that is
	// auto stays the one that leads there already, if there is one. The
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
	Logs   string `json:"logs" untrusted:"65536,lines"`
}

// Passwd is additional of PathTaskPasswd.
type Passwd struct {
	UserName string `json:"username"`
	// Password is 8 to 128 printable ASCII characters.
	Password Secret `json:"password"`
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
	Desc       string `json:"desc" untrusted:"256"`
	Status     string `json:"status"`
	RentOrder  string `json:"rent_order"`
	// KeptUntil is when the disks of a rental that is over are deleted, RFC 3339 in UTC.
	KeptUntil string `json:"kept_until,omitempty"`
	// Revision is another one when anything of the task is; see Wait.
	Revision string `json:"revision"`
}

// Task is the reply of PathTask and PathTaskStart. Status is one of the
// original's: creating, running, closed, deleting, "being shutdown",
// "create error" and so on; Reason says why where something failed.
type Task struct {
	TaskSummary
	OS      string `json:"os,omitempty"`
	SSHIP   string `json:"ssh_ip,omitempty"`
	SSHPort string `json:"ssh_port,omitempty"`
	// SSHSources are the networks from which ssh_port can be reached; absent, all.
	SSHSources []string `json:"ssh_sources,omitempty"`
	// CustomPort are the published ports but SSH's, as create takes them.
	CustomPort    []string `json:"custom_port,omitempty"`
	UserName      string   `json:"user_name,omitempty"`
	LoginPassword string   `json:"login_password,omitempty"`
	ImageName     string   `json:"image_name" untrusted:"128"`
	BiosMode      BiosMode `json:"bios_mode"`
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
	// Revision is another one when a task comes, goes or changes; see Wait.
	Revision string `json:"revision"`
}
