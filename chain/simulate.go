package chain

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	coretypes "github.com/cometbft/cometbft/rpc/core/types"
)

// simulate runs the draft on the newest state. It uses ABCI rather than gRPC,
// because only there a refusal keeps its codespace and code.
func (c *Client) simulate(ctx context.Context, signer Signer, d draft) (gas uint64, newest coretypes.SyncInfo, err error) {
	raw, err := d.sign(ctx, signer, true)
	if err != nil {
		return 0, newest, err
	}
	status, err := c.status(ctx)
	if err != nil {
		return 0, newest, err
	}
	res, err := c.rpc.ABCIQuery(ctx, "/app/simulate", raw)
	if err != nil {
		return 0, newest, rpcError(ctx, "try the transaction before it is sent", err)
	}
	if r := res.Response; r.Code != 0 {
		return 0, newest, fmt.Errorf("nothing was sent: %w", &Refused{Codespace: r.Codespace, Code: r.Code, Log: r.Log})
	}
	gas, err = parseGasUsed(res.Response.Value)
	if err != nil {
		return 0, newest, fmt.Errorf("try the transaction before it is sent: %w", err)
	}
	return gas, status.SyncInfo, nil
}

func parseGasUsed(value []byte) (uint64, error) {
	var reply struct {
		GasInfo struct {
			GasUsed string `json:"gas_used"`
		} `json:"gas_info"`
	}
	if err := json.Unmarshal(value, &reply); err != nil {
		return 0, fmt.Errorf("parse gas: %w", err)
	}
	used, err := strconv.ParseUint(reply.GasInfo.GasUsed, 10, 48)
	if err != nil {
		return 0, fmt.Errorf("parse gas: %w", err)
	}
	return used, nil
}
