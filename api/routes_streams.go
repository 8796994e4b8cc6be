package api

// streamRoutes are the routes of WebSockets. A browser can't sign their opening, so a signed POST gives a token for it.
var streamRoutes = []Route{
	{
		Name: "open_console", Method: "POST", Path: PathTaskConsole + "{id}", Authority: ExactRenter, Scope: ScopeOperate,
		Summary:    "Give a token that opens a virtual machine's serial console once, within 30 seconds.",
		SummaryZH:  "给出一个令牌，30 秒内可打开一次虚拟机的串口控制台。",
		Additional: OpenConsole{}, Reply: SocketToken{},
	},
	{
		Name: "console", Method: "GET", Path: PathTaskConsole + "{id}", Authority: TokenHolder, Stream: true,
		Summary:   "Open the serial console as a WebSocket: its bytes are the terminal's.",
		SummaryZH: "以 WebSocket 打开串口控制台：其字节即终端的输入输出。",
	},
	{
		Name: "open_vnc", Method: "POST", Path: PathTaskVNC + "{id}", Authority: ExactRenter, Scope: ScopeOperate,
		Summary:   "Give a token that opens a virtual machine's screen once, within 30 seconds.",
		SummaryZH: "给出一个令牌，30 秒内可打开一次虚拟机的桌面。",
		Reply:     SocketToken{},
	},
	{
		Name: "vnc", Method: "GET", Path: PathTaskVNC + "{id}", Authority: TokenHolder, Stream: true,
		Summary:   "Open the screen as a WebSocket: its bytes are those of RFB (VNC).",
		SummaryZH: "以 WebSocket 打开桌面：其字节为 RFB（VNC）协议。",
	},
	{
		Name: "open_forward", Method: "POST", Path: PathTaskForward + "{id}", Authority: ExactRenter, Scope: ScopeOperate,
		Summary:    "Give a token that opens one connection to a TCP port of a virtual machine, within 30 seconds.",
		SummaryZH:  "给出一个令牌，30 秒内可打开一次到虚拟机某个 TCP 端口的连接。",
		Additional: OpenForward{}, Reply: SocketToken{},
	},
	{
		Name: "forward", Method: "GET", Path: PathTaskForward + "{id}", Authority: TokenHolder, Stream: true,
		Summary:   "Open the connection as a WebSocket: its bytes are those of TCP.",
		SummaryZH: "以 WebSocket 打开该连接：其字节即 TCP 的数据。",
	},
}
