package api

// marketRoutes are what a client node answers itself.
var marketRoutes = []Route{
	{
		Name: "search_machines", Method: "POST", Path: PathMachines, Authority: Everyone, By: ByClientNode,
		Summary:   "Search the market's machines by any filter and order, page by page.",
		SummaryZH: "按任意条件和次序逐页搜索市场上的机器。",
		Body:      Search{}, Reply: SearchResult{},
		Example: `{"filters":{"state":"online","free_slots_min":1},"order":"price_per_day","limit":20}`,
	},
	{
		Name: "rent_orders", Method: "POST", Path: PathRentOrders, Authority: Everyone, By: ByClientNode,
		Summary:   "List a machine's rentals, the 50 newest.",
		SummaryZH: "列出一台机器最新的 50 个租用。",
		Reply:     RentOrderList{},
	},
	{
		Name: "rent_order", Method: "POST", Path: PathRentOrders + "/{rent_id}", Authority: Everyone, By: ByClientNode,
		Summary:   "Show one rental; GET of the same path does the same. With ?revision= and &wait=, wait until something differs from it.",
		SummaryZH: "查看一个租用；对同一路径用 GET 亦可。给出 ?revision= 和 &wait= 则等到有所变化。",
		Reply:     RentOrderList{},
	},
	{
		Name: "faucet", Method: "POST", Path: PathFaucet, Authority: Everyone, By: ByClientNode,
		Summary:   "Give a wallet coins of a devnet, 1000 DBC or the smaller amount (in udbc); other networks have no such route.",
		SummaryZH: "在开发网上给钱包发币，默认 1000 DBC，amount（以 udbc 计）可要得更少；其他网络没有此路由。",
		Body:      FaucetRequest{}, Reply: Gift{}, Example: `{"address":"{{wallet}}"}`,
	},
	{
		Name: "web_app", Method: "GET", Path: PathWeb, Authority: Everyone, By: ByClientNode,
		Summary:   "Return what the web app must know about its client node; compute nodes have no such route.",
		SummaryZH: "向网页应用说明其客户端节点的信息；计算节点没有此路由。",
		Reply:     WebApp{},
	},
}
