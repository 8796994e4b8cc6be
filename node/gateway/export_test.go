package gateway

// AcceptOf is for machines that lie with the right answer.
var AcceptOf = acceptOf

// Held is what requests and WebSockets have of the budgets.
func (g *Gateway) Held() int64 {
	return g.held.bodies.Used() + g.held.exchanges.machines.Used() + g.held.sockets.machines.Used()
}
