package node

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
)

// maxAnswer bounds what a node answers in bytes.
const maxAnswer = 1 << 20

// ownNode returns how to ask this home's node. Close the client's connections at the end.
func ownNode(home string) (cfg conf.Node, h *http.Client, url string, err error) {
	if cfg, err = conf.LoadNode(home); err != nil {
		return cfg, nil, "", err
	}
	h, url, err = node.OwnAPI(cfg)
	return cfg, h, url, err
}

// AskRoot returns what the node at url says that it is.
func AskRoot(ctx context.Context, h *http.Client, url string) (root api.ClientRoot, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	status, reply, err := ask(ctx, h, url+api.PathRoot)
	if err != nil {
		return root, err
	}
	if status != http.StatusOK {
		return root, fmt.Errorf("the node refused: %s", reply.Message)
	}
	return root, json.Unmarshal(reply.Message, &root)
}

func ask(ctx context.Context, h *http.Client, url string) (status int, reply api.Reply, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, reply, err
	}
	res, err := h.Do(req)
	if err != nil {
		return 0, reply, fmt.Errorf("ask the node (dbc node start runs it): %w: %w", client.ErrUnreachable, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err == nil {
		err = json.Unmarshal(body, &reply)
	}
	if err != nil {
		return 0, reply, fmt.Errorf("read the node's answer: %w", err)
	}
	return res.StatusCode, reply, nil
}
