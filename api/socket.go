package api

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
