package api

// nodeRoutes are the routes of what a node and a machine are.
var nodeRoutes = []Route{
	{
		Name: "node_status", Method: "GET", Path: "/{$}", By: ByEither, Authority: Everyone,
		Summary:   "Say which node this is, and what it knows of the chain.",
		SummaryZH: "说明这是哪个节点，以及它所知的链状态。",
		Reply:     Root{},
	},
	{
		Name: "node_version", Method: "GET", Path: "/api/v1/{$}", By: ByEither, Authority: Everyone,
		Summary:   "The same as /, at the original's path.",
		SummaryZH: "同 /，保留原系统的路径。",
		Reply:     Root{},
	},
	{
		Name: "health", Method: "GET", Path: PathHealth, By: ByEither, Authority: Everyone,
		Summary:   "Say whether this node can be relied on: 200 if so, else 503 with the same reply and its reasons. A compute node answers it to this computer only.",
		SummaryZH: "说明本节点目前是否可靠：可靠为 200，否则为 503，内容相同并列出原因。计算节点只对本机回答。",
		Reply:     Health{},
	},
	{
		Name: "openapi", Method: "GET", Path: PathOpenAPI, By: ByEither, Authority: Everyone,
		Summary:   "Give this API as an OpenAPI 3.1 document.",
		SummaryZH: "以 OpenAPI 3.1 文档的形式给出本 API。",
		Reply:     Document{},
	},
	{
		Name: "machine_details", Method: "POST", Path: PathMiningNodes, Authority: Everyone,
		Summary:   "Show a machine's processors, GPUs, memory, disks, images and ports.",
		SummaryZH: "查看宿主机详细信息：处理器、GPU、内存、磁盘、镜像和端口。",
		Reply:     Details{},
	},
	{
		Name: "machine_inventory", Method: "POST", Path: PathInventory, Authority: Everyone,
		Summary:   "Show a machine's cards (models, NUMA nodes, links, what was measured), signed by its key; the chain lists the hash.",
		SummaryZH: "查看机器的显卡清单（型号、NUMA 节点、链路、测得的数据），由机器密钥签名；其哈希在链上。",
		Reply:     SignedInventory{},
	},
	{
		Name: "own_inventory", Method: "GET", Path: PathInventory, Authority: Everyone,
		Summary:   "The same, asked of the machine itself.",
		SummaryZH: "同上，直接向该机器查询。",
		Reply:     SignedInventory{}, By: ByMachineItself,
	},
	{
		Name: "list_images", Method: "POST", Path: PathImages, Authority: Everyone,
		Summary:   "List the images that a virtual machine can be made of.",
		SummaryZH: "列出可用于创建虚拟机的镜像。",
		Reply:     ImageList{},
	},
}
