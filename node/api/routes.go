package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/console"
	"github.com/dbc-network/dbc/node/host"
)

// Route is one operation of the API. The mux, the OpenAPI document, the Postman
// collection and the API guide are made from Routes; nothing else adds a path.
type Route struct {
	// Name is the operation's id: lower case, words joined by _.
	Name string
	// Method is GET or POST; Path may hold a name in braces, or end in {rest...}
	// for a whole tree that answers alike.
	Method, Path string
	Authority    Authority
	// Scope is what a session needs for it; the zero value is all.
	Scope auth.Scope
	// Summary is one sentence, and SummaryZH the same in Chinese.
	Summary, SummaryZH string
	// Additional is a value of the type that the body's additional has, nil
	// where it has to be empty.
	Additional any
	// Example is an additional in JSON, for the Postman collection; "" is {}. Where
	// Body is set it is the body.
	Example string
	// Own is set for what a client node answers itself: such a reply carries no
	// machine's signature.
	Own bool
	// Body is a value of the type of the whole body, for such a route that is asked
	// of no machine; nil where it is the usual one.
	Body any
	// Reply is a value of the type of message; a string is "ok".
	Reply any

	handle func(s *Server, ctx context.Context, c *call) (any, error)
	// socket is set for a WebSocket instead of handle.
	socket console.Kind
}

// Authority is what a route asks for.
type Authority int

const (
	// Everyone may ask.
	Everyone Authority = iota
	// AnyRenter may ask by a ticket too.
	AnyRenter
	// ExactRenter has to sign the very request: a ticket can be kept and sent
	// again by every node that it passed.
	ExactRenter
	// Granted carries a signed grant in its body, and needs no more.
	Granted
	// TokenHolder opens a WebSocket by a token of a signed request.
	TokenHolder
)

// renters tells whether the request itself is signed or carries a ticket.
func (a Authority) renters() bool { return a == AnyRenter || a == ExactRenter }

// routes is the table. After a change, make spec writes what comes from it.
var routes = slices.Concat(machines, operations, sockets, disks)

var machines = []Route{
	{
		Name: "node_status", Method: http.MethodGet, Path: "/{$}", Authority: Everyone,
		Summary:   "Say which node this is, and what it knows of the chain.",
		SummaryZH: "说明这是哪个节点，以及它所知的链状态。",
		Reply:     Root{}, handle: (*Server).root,
	},
	{
		Name: "node_version", Method: http.MethodGet, Path: "/api/v1/{$}", Authority: Everyone,
		Summary:   "The same as /, at the original's path.",
		SummaryZH: "同 /，保留原系统的路径。",
		Reply:     Root{}, handle: (*Server).root,
	},
	{
		Name: "openapi", Method: http.MethodGet, Path: PathOpenAPI, Authority: Everyone,
		Summary:   "Give this API as an OpenAPI 3.1 document.",
		SummaryZH: "以 OpenAPI 3.1 文档的形式给出本 API。",
		Reply:     Document{}, handle: (*Server).openAPI,
	},
	{
		Name: "machine_details", Method: http.MethodPost, Path: PathMiningNodes, Authority: Everyone,
		Summary:   "Show a machine's processors, GPUs, memory, disks, images and ports.",
		SummaryZH: "查看宿主机详细信息：处理器、GPU、内存、磁盘、镜像和端口。",
		Reply:     Details{}, handle: (*Server).machine,
	},
	{
		Name: "list_images", Method: http.MethodPost, Path: PathImages, Authority: AnyRenter, Scope: auth.ScopeRead,
		Summary:   "List the images that a virtual machine can be made of.",
		SummaryZH: "列出可用于创建虚拟机的镜像。",
		Reply:     ImageList{}, handle: (*Server).images,
	},
	{
		Name: "session_id", Method: http.MethodPost, Path: PathSessionID, Authority: AnyRenter,
		Summary:    "Give the id that, signed by the wallet, has a ticket's rights in one rental.",
		SummaryZH:  "给出一个 id；钱包对它签名后，在一次租用内拥有票据的权限。",
		Additional: ForSession{}, Reply: Session{}, handle: (*Server).sessionID,
	},
	{
		Name: "create_session", Method: http.MethodPost, Path: PathSessionCreate, Authority: Granted,
		Summary:    "Let the holder of a key act in one rental: by a grant that the wallet or its multisig signed.",
		SummaryZH:  "让某个密钥的持有者在一次租用内行事：凭钱包或其多签对授权文本的签名。",
		Example:    `{"grant":""}`,
		Additional: CreateSession{}, Reply: GrantedSession{}, handle: (*Server).createSession,
	},
	{
		Name: "list_sessions", Method: http.MethodPost, Path: PathSessionList, Authority: ExactRenter, Scope: auth.ScopeRead,
		Summary:   "List the wallet's sessions on this machine, revoked ones among them.",
		SummaryZH: "列出钱包在这台机器上的会话，包括已撤销的。",
		Reply:     Sessions{}, handle: (*Server).listSessions,
	},
	{
		Name: "revoke_session", Method: http.MethodPost, Path: PathSessionRevoke, Authority: ExactRenter,
		Summary:    "End a session for good.",
		SummaryZH:  "永久撤销一个会话。",
		Additional: RevokeSession{}, Reply: "", handle: (*Server).revokeSession,
	},
	{
		Name: "create_task", Method: http.MethodPost, Path: PathTaskStart, Authority: AnyRenter, Scope: auth.ScopeOperate,
		Summary:    "Create a virtual machine in a rental.",
		SummaryZH:  "在一次租用内创建虚拟机。",
		Example:    `{"image_name":"{{image_name}}","ssh_port":"{{ssh_port}}","gpu_count":"{{gpu_count}}","cpu_cores":"{{cpu_cores}}","mem_rate":"{{mem_rate}}"}`,
		Additional: Create{}, Reply: Task{}, handle: (*Server).createTask,
	},
	{
		Name: "list_tasks", Method: http.MethodPost, Path: PathTasks, Authority: AnyRenter, Scope: auth.ScopeRead,
		Summary:   "List the wallet's virtual machines on this machine.",
		SummaryZH: "列出钱包在这台机器上的虚拟机。",
		Reply:     Tasks{}, handle: (*Server).listTasks,
	},
	{
		Name: "show_task", Method: http.MethodPost, Path: PathTask + "{id}", Authority: AnyRenter, Scope: auth.ScopeRead,
		Summary:   "Show a virtual machine with its login and the steps of its making.",
		SummaryZH: "查看虚拟机详细信息：登录信息和创建步骤。",
		Reply:     Task{}, handle: (*Server).showTask,
	},
	{
		Name: "delete_task", Method: http.MethodPost, Path: PathTaskDelete + "{id}", Authority: ExactRenter,
		Summary:   "Delete a virtual machine and its disks.",
		SummaryZH: "删除虚拟机及其磁盘。",
		Reply:     "", handle: (*Server).deleteTask,
	},
}

// notYet are the original's routes that answer NOT_SUPPORTED for now, with all
// that is below them.
var notYet = []string{
	PathMiningNodes + "/free_memory", "/api/v1/images/servers", "/api/v1/images/upload",
	"/api/v1/images/uploadprogress", "/api/v1/images/upload_stop", "/api/v1/images/download", "/api/v1/images/downloadprogress",
	"/api/v1/images/download_stop", "/api/v1/images/delete",
	"/api/v1/snapshot", "/api/v1/lan", "/api/v1/monitor", "/api/v1/bare_metal", "/api/v1/deeplink", "/api/v1/peers",
	"/api/v1/stat", "/api/v1/config",
}

// Routes is a copy of the table.
func Routes() []Route { return append([]Route(nil), routes...) }

// Handler is the routes behind the checks of Host and Origin.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		if r.socket != "" {
			mux.HandleFunc(r.Method+" "+r.Path, s.socketOf(r.socket))
			continue
		}
		mux.HandleFunc(r.Method+" "+r.Path, s.serve(r.Authority, r.Scope, func(ctx context.Context, c *call) (any, error) {
			return r.handle(s, ctx, c)
		}))
	}
	for _, path := range notYet {
		refuse := s.serve(Everyone, auth.ScopeRead, notSupported)
		mux.HandleFunc("POST "+path, refuse)
		mux.HandleFunc("POST "+path+"/", refuse)
	}
	mux.HandleFunc("/", s.serve(Everyone, auth.ScopeRead, s.unknown))
	return mux
}

func notSupported(_ context.Context, c *call) (any, error) {
	refusal := &host.Refusal{
		Kind: host.ErrNotSupported, Field: "path", Value: c.http.URL.Path, Limit: "the routes of " + PathOpenAPI,
	}
	if strings.HasPrefix(c.http.URL.Path, PathImages) {
		refusal.Limit, refusal.Remedy = "the images of "+PathImages, "only the machine's operator pulls and deletes images"
	}
	return nil, refusal
}
