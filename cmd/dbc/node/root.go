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
)

// AskRoot returns what the node at url says that it is.
func AskRoot(ctx context.Context, h *http.Client, url string) (root api.ClientRoot, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+api.PathRoot, nil)
	if err != nil {
		return root, err
	}
	res, err := h.Do(req)
	if err != nil {
		return root, fmt.Errorf("ask the node (dbc node start runs it): %w: %w", client.ErrUnreachable, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return root, fmt.Errorf("read the node's answer: %w", err)
	}
	var reply api.Reply
	if err := json.Unmarshal(body, &reply); err != nil {
		return root, fmt.Errorf("read the node's answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return root, fmt.Errorf("the node refused: %s", reply.Message)
	}
	return root, json.Unmarshal(reply.Message, &root)
}
