package api

// diskRoutes are the routes of data disks, and of a guest's password.
var diskRoutes = []Route{
	{
		Name: "set_password", Method: "POST", Path: PathTaskPasswd + "{id}", Authority: ExactRenter, Scope: ScopeKeys,
		Summary:    "Set a user's password by the guest's agent; the node keeps no copy.",
		SummaryZH:  "通过来宾代理设置用户密码；节点不保存副本。",
		Example:    `{"username":"dbc","password":""}`,
		Additional: Passwd{}, Reply: "",
	},
	{
		Name: "list_disks", Method: "POST", Path: PathDiskList + "{id}", Authority: AnyRenter, Scope: ScopeRead,
		Summary:   "List a virtual machine's disks.",
		SummaryZH: "列出虚拟机的磁盘。",
		Reply:     Disks{},
	},
	{
		Name: "add_disk", Method: "POST", Path: PathDiskAdd + "{id}", Authority: AnyRenter, Scope: ScopeOperate,
		Summary:    "Add a data disk, to a virtual machine that runs too.",
		SummaryZH:  "添加一块数据盘，虚拟机运行时也可以。",
		Example:    `{"size":"10"}`,
		Additional: AddDisk{}, Reply: AddedDisk{},
	},
	{
		Name: "resize_disk", Method: "POST", Path: PathDiskResize + "{id}", Authority: AnyRenter, Scope: ScopeOperate,
		Summary:    "Make a data disk larger; it never gets smaller.",
		SummaryZH:  "扩大一块数据盘；不能缩小。",
		Example:    `{"disk":"vdb","size":"20"}`,
		Additional: ResizeDisk{}, Reply: "",
	},
	{
		Name: "delete_disk", Method: "POST", Path: PathDiskDelete + "{id}", Authority: ExactRenter, Scope: ScopeData,
		Summary:    "Delete one data disk with all that is on it.",
		SummaryZH:  "删除一块数据盘及其全部内容。",
		Additional: DeleteDisk{}, Reply: "",
	},
}
