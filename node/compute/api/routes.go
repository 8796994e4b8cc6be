package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/console"
	"github.com/dbc-network/dbc/node/compute/host"
)

// handlers answer the routes that a machine answers, by name.
var handlers = map[string]func(s *Server, ctx context.Context, c *call) (any, error){
	"node_status": (*Server).root, "node_version": (*Server).root, "openapi": (*Server).openAPI, "health": (*Server).health,
	"machine_details": (*Server).machine, "machine_inventory": (*Server).inventory, "own_inventory": (*Server).inventory,
	"list_images": (*Server).images,

	"session_id": (*Server).sessionID, "create_session": (*Server).createSession,
	"list_sessions": (*Server).listSessions, "revoke_session": (*Server).revokeSession,

	"create_task": (*Server).createTask, "list_tasks": (*Server).listTasks, "show_task": (*Server).showTask,
	"delete_task": (*Server).deleteTask, "set_password": (*Server).setPassword,

	"start_task": operate(lifecycle.Start), "stop_task": operate(lifecycle.Shutdown), "shutdown_task": operate(lifecycle.Shutdown),
	"poweroff_task": operate(lifecycle.PowerOff), "reset_task": operate(lifecycle.Reset),
	"restart_task": (*Server).restartTask, "modify_task": (*Server).modifyTask, "task_logs": (*Server).taskLogs,

	"open_console": openSocket(console.Serial), "open_vnc": openSocket(console.VNC), "open_forward": (*Server).openForward,

	"list_disks": (*Server).listDisks, "add_disk": (*Server).addDisk,
	"resize_disk": (*Server).resizeDisk, "delete_disk": (*Server).deleteDisk,
}

// streams are the kinds of the WebSockets.
var streams = map[string]console.Kind{"console": console.Serial, "vnc": console.VNC, "forward": console.Forward}

// notYet are the original's routes that answer NOT_SUPPORTED for now, with all
// that is below them.
var notYet = []string{
	api.PathMiningNodes + "/free_memory", "/api/v1/images/servers", "/api/v1/images/upload",
	"/api/v1/images/uploadprogress", "/api/v1/images/upload_stop",
	"/api/v1/snapshot", "/api/v1/lan", "/api/v1/monitor", "/api/v1/bare_metal", "/api/v1/deeplink", "/api/v1/peers",
	"/api/v1/stat", "/api/v1/config",
}

// Handler serves the routes behind the checks of Host and Origin.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range api.Routes() {
		switch handle, kind := handlers[r.Name], streams[r.Name]; {
		case r.By == api.ByClientNode:
		case r.Stream:
			mux.HandleFunc(r.Method+" "+r.Path, s.socketOf(kind))
		default:
			mux.HandleFunc(r.Method+" "+r.Path, s.serve(r, func(ctx context.Context, c *call) (any, error) { return handle(s, ctx, c) }))
		}
	}
	open := api.Route{Authority: api.Everyone, Scope: api.ScopeRead}
	for _, path := range notYet {
		refuse := s.serve(open, notSupported)
		mux.HandleFunc("POST "+path, refuse)
		mux.HandleFunc("POST "+path+"/", refuse)
	}
	for _, gone := range api.RemovedRoutes() {
		refuse := s.serve(open, func(_ context.Context, c *call) (any, error) { return nil, gone.Refusal(c.http.URL.Path) })
		mux.HandleFunc(gone.Path, refuse)
		mux.HandleFunc(gone.Path+"/", refuse)
	}
	mux.HandleFunc("/", s.serve(open, s.unknown))
	return mux
}

// ForPeers returns handler without what is for this computer only: strangers need not know
// what is wrong with a host.
func ForPeers(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == api.PathHealth {
			http.NotFound(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	})
}

func notSupported(_ context.Context, c *call) (any, error) {
	refusal := &api.Refusal{
		Kind: host.ErrNotSupported, Field: "path", Value: c.http.URL.Path, Limit: "the routes of " + api.PathOpenAPI,
	}
	if strings.HasPrefix(c.http.URL.Path, api.PathImages) {
		refusal.Limit, refusal.Remedy = "the images of "+api.PathImages, "only the machine's operator pulls and deletes images"
	}
	return nil, refusal
}
