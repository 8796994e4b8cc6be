package api

import (
	"context"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/lifecycle"
)

func operate(op lifecycle.Request) func(*Server, context.Context, *call) (any, error) {
	return func(s *Server, _ context.Context, c *call) (any, error) {
		return s.operate(c, op)
	}
}

// operate answers when the wish is written down; the task's status tells the rest.
func (s *Server) operate(c *call, op lifecycle.Request) (any, error) {
	if err := s.deps.Host.Operate(c.caller, c.http.PathValue("id"), op); err != nil {
		return nil, err
	}
	return "ok", nil
}

func (s *Server) restartTask(_ context.Context, c *call) (any, error) {
	var wish api.Restart
	if len(c.request.Additional) > 0 {
		if err := strict(c.request.Additional, &wish); err != nil {
			return nil, err
		}
	}
	switch text := c.http.URL.Query().Get("force_reboot"); text {
	case "", "false":
	case "true":
		wish.ForceReboot = true
	default:
		return nil, badValue("force_reboot", text, "true or false")
	}
	if wish.ForceReboot {
		return s.operate(c, lifecycle.ForceRestart)
	}
	return s.operate(c, lifecycle.Restart)
}
