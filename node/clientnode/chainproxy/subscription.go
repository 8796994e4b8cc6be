package chainproxy

import (
	"encoding/json"
	"fmt"

	"github.com/coder/websocket"

	"github.com/dbc-network/dbc/node/httpapi"
)

// subscriptions of one socket, by query.
type subscriptions map[string]bool

// check parses one call and counts its subscription. It encodes what was parsed
// again, so that the dbcd cannot read it differently.
func (s subscriptions) check(kind websocket.MessageType, text []byte) (rpcCall, error) {
	var call rpcCall
	if err := json.Unmarshal(text, &call); err != nil || kind != websocket.MessageText {
		return rpcCall{}, httpapi.BadValue("message", string(text), "one JSON-RPC call in a text message")
	}
	switch call.Method {
	case "subscribe":
		return s.add(call)
	case "unsubscribe":
		query, err := queryOf(call)
		delete(s, query)
		return call, err
	case "unsubscribe_all":
		clear(s)
		return call, nil
	}
	return call, mayCall(call.Method)
}

func (s subscriptions) add(call rpcCall) (rpcCall, error) {
	query, err := queryOf(call)
	switch {
	case err != nil:
		return call, err
	case !s[query] && len(s) >= maxSubscriptions:
		return call, refuse("method", call.Method, fmt.Sprintf("%d subscriptions of one socket", maxSubscriptions))
	}
	s[query] = true
	return call, nil
}

// queryOf returns the only parameter of a subscription, by name or by position.
func queryOf(call rpcCall) (string, error) {
	var named struct {
		Query string `json:"query"`
	}
	var placed []string
	if json.Unmarshal(call.Params, &placed) == nil && len(placed) == 1 {
		named.Query = placed[0]
	} else if json.Unmarshal(call.Params, &named) != nil {
		named.Query = ""
	}
	if named.Query == "" || len(named.Query) > maxSubscription {
		return "", refuse("params", string(call.Params), fmt.Sprintf("a query of 1 to %d bytes", maxSubscription))
	}
	return named.Query, nil
}
