package local

import (
	"net/http"

	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/chainproxy"
	"github.com/dbc-network/dbc/node/faucet"
	"github.com/dbc-network/dbc/node/market"
)

// Documented describes the handlers for the documents; nothing is mounted from
// it. What goes to the chain's own interfaces is described there.
func Documented() []api.Route {
	return []api.Route{
		{
			Name: "search_machines", Method: http.MethodPost, Path: market.Path, Authority: api.Everyone, Own: true,
			Summary:   "Search the market's machines by any filter and order, page by page.",
			SummaryZH: "按任意条件和次序逐页搜索市场上的机器。",
			Body:      market.Query{}, Reply: market.Page{},
			Example: `{"filters":{"state":"online","free_slots_min":1},"order":"price_per_day","limit":20}`,
		},
		{
			Name: "rent_orders", Method: http.MethodPost, Path: chainproxy.PathOrders, Authority: api.Everyone, Own: true,
			Summary:   "List a machine's rentals, the 50 newest.",
			SummaryZH: "列出一台机器最新的 50 个租用订单。",
			Reply:     chainproxy.OrderList{},
		},
		{
			Name: "rent_order", Method: http.MethodPost, Path: chainproxy.PathOrders + "/{rent_id}", Authority: api.Everyone, Own: true,
			Summary:   "Show one rental; GET of the same path does so too.",
			SummaryZH: "查看一个租用订单；对同一路径用 GET 亦可。",
			Reply:     chainproxy.OrderList{},
		},
		{
			Name: "faucet", Method: http.MethodPost, Path: faucet.Path, Authority: api.Everyone, Own: true,
			Summary:   "Give a wallet coins of a devnet, 1000 DBC unless amount (in udbc) says less; other networks have no such route.",
			SummaryZH: "在开发网上给钱包发币，默认 1000 DBC，amount（以 udbc 计）可要得更少；其他网络没有此路由。",
			Body:      faucet.Request{}, Reply: faucet.Gift{}, Example: `{"address":"{{wallet}}"}`,
		},
	}
}
