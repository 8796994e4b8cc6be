package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/dbc-network/dbc/api"
)

// Search queries a client node's index for machines. A nil h means NewHTTP's.
// Nothing in the answer is proved; the chain quotes what a machine costs.
func Search(ctx context.Context, h *http.Client, node string, q api.Search) (page api.SearchResult, err error) {
	body, err := json.Marshal(q)
	if err != nil {
		return page, fmt.Errorf("encode search: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(node, "/")+api.PathMachines, bytes.NewReader(body))
	if err != nil {
		return page, fmt.Errorf("make search: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if h == nil {
		h = NewHTTP(nil)
	}
	res, err := h.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return page, fmt.Errorf("search machines: %w", context.Cause(ctx))
		}
		return page, fmt.Errorf("search machines: %w: %w", ErrUnreachable, err)
	}
	defer func() { _ = res.Body.Close() }()
	var envelope api.Reply
	if err := json.NewDecoder(io.LimitReader(res.Body, maxReply)).Decode(&envelope); err != nil {
		return page, fmt.Errorf("search machines (HTTP %d): the answer is not this API's: %w", res.StatusCode, err)
	}
	if res.StatusCode != http.StatusOK || envelope.ErrCode != 0 {
		return page, nodeError(res.StatusCode, envelope, false)
	}
	if err := json.Unmarshal(envelope.Message, &page); err != nil {
		return page, fmt.Errorf("search machines: %w", err)
	}
	return page, nil
}
