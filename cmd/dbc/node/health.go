package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
)

// ErrUnhealthy means that a node answers, and should not be relied on.
var ErrUnhealthy = errors.New("the node should not be relied on now")

// healthLimit bounds the question: a container's engine waits for it.
const healthLimit = 5 * time.Second

func newHealthCommand(home *string) *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Ask the running node whether it can be relied on: exit code 0 if so, 1 if not, 4 if it does not answer",
		Long: "For supervisors, containers and load balancers; GET /health of the node's API says the same. Do not restart a node\n" +
			"for what it says: most reasons, such as a chain that stands still, are not its own.",
		Example: "  dbc node health --home /var/lib/dbc-client\n  dbc node health --home /etc/dbc --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, h, url, err := ownNode(*home)
			if err != nil {
				return err
			}
			defer h.CloseIdleConnections()
			health, err := AskHealth(cmd.Context(), h, url)
			if err != nil {
				return err
			}
			if asJSON, _ := cmd.Flags().GetBool("json"); asJSON { // a flag of the root
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(health)
			} else {
				writeHealth(cmd.OutOrStdout(), health)
			}
			if err != nil || health.Healthy {
				return err
			}
			return ErrUnhealthy
		},
	}
}

func writeHealth(w io.Writer, h api.Health) {
	if h.Healthy {
		fmt.Fprintln(w, "healthy")
	}
	for _, r := range h.Reasons {
		words := []string{string(r.Code)}
		for _, key := range slices.Sorted(maps.Keys(r.Params)) {
			words = append(words, key+"="+r.Params[key])
		}
		fmt.Fprintln(w, client.Printable(strings.Join(words, " ")))
	}
}

// AskHealth returns what the node at url says of its health.
func AskHealth(ctx context.Context, h *http.Client, url string) (health api.Health, err error) {
	ctx, cancel := context.WithTimeout(ctx, healthLimit)
	defer cancel()
	status, reply, err := ask(ctx, h, url+api.PathHealth)
	if err != nil {
		return health, err
	}
	if status != http.StatusOK && status != http.StatusServiceUnavailable || reply.Code != "" {
		return health, fmt.Errorf("the node refused: HTTP status %d: %s", status, reply.Message)
	}
	if err := json.Unmarshal(reply.Message, &health); err != nil {
		return health, fmt.Errorf("read the node's answer: %w", err)
	}
	return health, nil
}
