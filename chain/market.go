package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	abci "github.com/cometbft/cometbft/abci/types"
	rpctypes "github.com/cometbft/cometbft/rpc/jsonrpc/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/dbc-network/dbc/x/machine"
)

// MachinesAt returns one page of machines at a height, and that height. 0 means
// the newest. A chain that has pruned the height refuses.
func (c *Client) MachinesAt(
	ctx context.Context, height int64, req machine.QueryMachinesRequest,
) (*machine.QueryMachinesResponse, int64, error) {
	var header metadata.MD
	res, err := machine.NewQueryClient(c.conn).Machines(at(ctx, height), &req, grpc.Header(&header))
	if err != nil {
		return nil, 0, queryError(ctx, "ask for machines", err)
	}
	if height == 0 {
		if height, err = heightOf(header); err != nil {
			return nil, 0, fmt.Errorf("ask for machines: %w", err)
		}
	}
	return res, height, nil
}

// MachineAt returns one machine's listing at a height. 0 means the newest.
func (c *Client) MachineAt(ctx context.Context, height int64, id string) (machine.Listing, error) {
	res, err := machine.NewQueryClient(c.conn).Machine(at(ctx, height), &machine.QueryMachineRequest{MachineId: id})
	if err != nil {
		return machine.Listing{}, queryError(ctx, "ask for machine "+id, err)
	}
	return res.Listing, nil
}

// Touched returns the ids of the machines that the block's events name, without
// duplicates. Events of both modules carry the id if a listing or its free
// slots changed. It returns ErrNotFound for a block that is pruned or does not
// exist yet.
func (c *Client) Touched(ctx context.Context, height int64) ([]string, error) {
	res, err := c.rpc.BlockResults(ctx, &height)
	if err != nil {
		what := fmt.Sprintf("ask for the events of block %d", height)
		if answer := new(rpctypes.RPCError); errors.As(err, &answer) && ctx.Err() == nil {
			return nil, fmt.Errorf("%s: %w: %s", what, ErrNotFound, answer.Data)
		}
		return nil, rpcError(ctx, what, err)
	}
	seen := map[string]bool{}
	ids := touched(nil, seen, res.FinalizeBlockEvents)
	for _, tx := range res.TxsResults {
		if tx.IsOK() {
			ids = touched(ids, seen, tx.Events)
		}
	}
	return ids, nil
}

func touched(ids []string, seen map[string]bool, events []abci.Event) []string {
	for _, event := range events {
		if !strings.HasPrefix(event.Type, "dbc.") {
			continue
		}
		for _, attribute := range event.Attributes {
			var id string
			// Typed events encode their fields as JSON.
			if attribute.Key != "machine_id" || json.Unmarshal([]byte(attribute.Value), &id) != nil || id == "" || seen[id] {
				continue
			}
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}
