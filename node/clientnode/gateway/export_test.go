package gateway

// AcceptOf is used by machines that lie but give the right answer to the
// handshake.
var AcceptOf = acceptOf

// Held returns what requests and WebSockets hold of the budgets.
func (g *Gateway) Held() int64 {
	return g.held.bodies.Used() + g.held.exchanges.machines.Used() + g.held.sockets.machines.Used()
}
